//! The tables, in Markdown.

use super::bars::bars;
use crate::{
    contender::{Function, Kind},
    events::Popularity,
    instance::Memory,
    results::{Batches, Cold, Counting, Results},
    statistics::significant,
};

/// Every table by the name of its place in the documentation.
#[must_use]
pub(super) fn sections(results: &Results) -> Vec<(&'static str, String)> {
    vec![
        ("setting", setting(results)),
        ("bars", bars_table(results)),
        ("cold", cold(results)),
        ("warm", warm(results)),
        ("batches", batches(results)),
        ("peers", peers(results)),
        ("paced", counting(&results.paced)),
        ("scaling", counting(&results.scaling)),
        ("sizes", sizes(results)),
        ("notes", results.notes.iter().fold(String::new(), |list, note| list + "- " + note + "\n")),
    ]
}

/// A table whose columns but the first are numbers; empty without rows.
fn table(headers: &[&str], rows: &[Vec<String>]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        cells.fold("|".to_owned(), |line, cell| format!("{line} {} |", cell.replace('|', "\\|"))) + "\n"
    };
    let alignment = headers.iter().enumerate().map(|(column, _)| if column == 0 { "---" } else { "---:" });
    let alignment = alignment.fold("|".to_owned(), |line, cell| line + cell + "|") + "\n";
    let rows = rows.iter().map(|row| line(&mut row.iter().map(String::as_str)));
    line(&mut headers.iter().copied()) + &alignment + &rows.collect::<String>()
}

/// The name of a contender; ours stands out.
fn name(name: &str, kind: Kind) -> String {
    if kind == Kind::Ours { format!("**{name}**") } else { format!("`{name}`") }
}

fn setting(results: &Results) -> String {
    let setting = &results.setting;
    let rows = [
        ("processor", setting.processor.clone()),
        ("memory", format!("{:.0} GiB", setting.memory_gib)),
        ("kernel", format!("Linux {}", setting.kernel)),
        ("versions", setting.versions.join("; ")),
        (
            "simulated AWS",
            format!(
                "{} ms for a call, {} ms for a transaction",
                setting.latency_ms, setting.transaction_latency_ms
            ),
        ),
        ("date, commit", format!("{}, {}", setting.date, setting.commit)),
        ("command", format!("`{}`", setting.command)),
    ];
    rows.into_iter().fold("| | |\n|---|---|\n".to_owned(), |table, (what, value)| {
        format!("{table}| {what} | {value} |\n")
    })
}

fn bars_table(results: &Results) -> String {
    let rows: Vec<_> = bars(results)
        .into_iter()
        .map(|bar| vec![bar.what.clone(), bar.limit(), bar.measured(), bar.verdict()])
        .collect();
    table(&["bar", "limit", "measured", ""], &rows)
}

fn cold(results: &Results) -> String {
    let mut memories: Vec<Memory> = results.cold.iter().map(|cold| cold.memory).collect();
    memories.sort();
    memories.dedup();
    [Function::Ingest, Function::Get, Function::Update]
        .into_iter()
        .map(|function| cold_of(results, function, &memories))
        .filter(|table| !table.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

/// A row for each contender: durations at every share, then what does not depend on the share.
fn cold_of(results: &Results, function: Function, memories: &[Memory]) -> String {
    let mut headers = vec![function.to_string()];
    headers.extend(memories.iter().map(|memory| match memory {
        Memory::Megabytes(megabytes) => format!("{megabytes} MB"),
        Memory::Unlimited => "all CPUs".to_owned(),
    }));
    headers.extend(["CPU, ms", "peak memory, MB"].map(str::to_owned));
    let of = |contender: &str, memory: Memory| {
        let is_it =
            |cold: &&Cold| cold.function == function && cold.contender == contender && cold.memory == memory;
        results.cold.iter().find(is_it)
    };
    let unlimited =
        results.cold.iter().filter(|cold| cold.function == function && cold.memory == Memory::Unlimited);
    let rows: Vec<_> = unlimited
        .map(|last| {
            let mut row = vec![name(&last.contender, last.kind)];
            row.extend(memories.iter().map(|&memory| {
                of(&last.contender, memory).map_or_else(String::new, |cold| {
                    format!("{} + {}", significant(cold.init.median), significant(cold.call.median))
                })
            }));
            row.push(last.total_cpu.to_string());
            row.push(significant(last.peak_memory_mb.median));
            row
        })
        .collect();
    table(&headers.iter().map(String::as_str).collect::<Vec<_>>(), &rows)
}

fn warm(results: &Results) -> String {
    let all_cpus = results.warm.iter().filter(|warm| warm.memory == Memory::Unlimited);
    let rows: Vec<_> = all_cpus
        .map(|warm| {
            let deployed = results.warm.iter().find(|other| {
                other.contender == warm.contender && matches!(other.memory, Memory::Megabytes(_))
            });
            let counted = results.instructions.iter().find(|counted| counted.contender == warm.contender);
            let pair = |p50: f64, p99: f64| format!("{}, {}", significant(p50), significant(p99));
            vec![
                name(&warm.contender, warm.kind),
                pair(warm.p50, warm.p99),
                deployed.map_or_else(String::new, |warm| pair(warm.p50, warm.p99)),
                warm.cpu.to_string(),
                counted.map_or_else(String::new, |counted| millions(counted.a_call)),
                significant(warm.peak_memory_mb),
                significant(warm.calls_of_aws),
                format!("{:.0} + {:.0}", warm.bytes_sent, warm.bytes_received),
            ]
        })
        .collect();
    table(
        &[
            "",
            "p50, p99, ms",
            "at 256 MB",
            "CPU, ms",
            "instructions, millions",
            "peak memory, MB",
            "calls of AWS",
            "bytes sent + received",
        ],
        &rows,
    )
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
fn millions(instructions: u64) -> String {
    significant(instructions as f64 / 1e6)
}

fn batches(results: &Results) -> String {
    let ours = results.batches.iter().filter(|batches| batches.kind == Kind::Ours);
    let rows: Vec<_> = ours
        .map(|batches| {
            let mut row = vec![popularity(batches.popularity).to_owned()];
            row.extend(batch(batches));
            row
        })
        .collect();
    batches_table("likes", &rows)
}

fn peers(results: &Results) -> String {
    let zipf = results.batches.iter().filter(|batches| batches.popularity == Popularity::Zipf);
    let mut all: Vec<&Batches> = zipf.collect();
    all.sort_by_key(|batches| batches.batch);
    let rows: Vec<_> = all
        .into_iter()
        .map(|batches| {
            let mut row = vec![name(&batches.contender, batches.kind)];
            row.extend(batch(batches));
            row
        })
        .collect();
    batches_table("", &rows)
}

fn batches_table(first: &str, rows: &[Vec<String>]) -> String {
    let headers = [
        first,
        "batch",
        "ms a batch",
        "CPU µs a like",
        "likes a CPU second",
        "calls a 1,000 likes",
        "write units",
        "read units",
        "peak memory, MB",
    ];
    table(&headers, rows)
}

fn batch(batches: &Batches) -> Vec<String> {
    vec![
        batches.batch.to_string(),
        significant(batches.wall.median),
        batches.cpu_us_a_like.to_string(),
        significant(batches.likes_a_cpu_second.median),
        significant(batches.calls_a_thousand_likes),
        significant(batches.write_units_a_thousand_likes),
        significant(batches.read_units_a_thousand_likes),
        significant(batches.peak_memory_mb),
    ]
}

fn popularity(popularity: Popularity) -> &'static str {
    match popularity {
        Popularity::Uniform => "200 movies alike",
        Popularity::Zipf => "200 movies, Zipf(1.1)",
        Popularity::One => "one movie",
    }
}

fn counting(results: &[Counting]) -> String {
    let rows: Vec<_> = results
        .iter()
        .map(|counting| {
            vec![
                popularity(counting.popularity).to_owned(),
                counting.shards.to_string(),
                significant(counting.likes_a_second),
                format!("{:.1} %", counting.cancelled * 100.0),
                format!("{:.2}", counting.write_units_a_like),
                significant(counting.calls_a_thousand_likes),
                significant(counting.cpu_us_a_like),
                significant(counting.likes_a_batch),
                format!("{}, {}", significant(counting.p50), significant(counting.p99)),
            ]
        })
        .collect();
    table(
        &[
            "likes",
            "shards",
            "likes a second",
            "transactions cancelled",
            "write units a like",
            "calls a 1,000 likes",
            "CPU µs a like",
            "likes a batch",
            "batch, p50, p99, ms",
        ],
        &rows,
    )
}

fn sizes(results: &Results) -> String {
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    let megabytes = |bytes: u64| format!("{:.2}", bytes as f64 / 1e6);
    let rows: Vec<_> = results
        .sizes
        .iter()
        .map(|size| {
            vec![
                name(&size.contender, size.kind),
                megabytes(size.zip_bytes),
                size.managed_zip_bytes.map_or_else(String::new, megabytes),
                megabytes(size.unpacked_bytes),
            ]
        })
        .collect();
    table(&["", "zip, MB", "on Lambda's own runtime, MB", "unpacked, MB"], &rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_aligns_numbers_to_the_right_and_escapes_bars() {
        let rows = [vec!["a|b".to_owned(), "1".to_owned()]];
        assert_eq!(table(&["x", "y"], &rows), "| x | y |\n|---|---:|\n| a\\|b | 1 |\n");
        assert_eq!(table(&["x", "y"], &[]), "");
    }
}
