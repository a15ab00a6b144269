//! The bars that the functions must reach, and whether they do.

use crate::{
    contender::{CONTENDERS, Function, Kind, REQUEST},
    events::Popularity,
    instance::Memory,
    results::{Batches, Results},
    statistics::significant,
};

/// A limit and what was measured.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bar {
    /// What is limited.
    pub(super) what: String,
    limit: Limit,
    unit: &'static str,
    measured: f64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Limit {
    AtMost(f64),
    AtLeast(f64),
}

impl Bar {
    /// Whether it is reached.
    #[must_use]
    pub(super) fn is_met(&self) -> bool {
        match self.limit {
            Limit::AtMost(limit) => self.measured <= limit,
            Limit::AtLeast(limit) => self.measured >= limit,
        }
    }

    /// The limit, in words.
    #[must_use]
    pub(super) fn limit(&self) -> String {
        match self.limit {
            Limit::AtMost(limit) => format!("at most {}{}", significant(limit), self.unit),
            Limit::AtLeast(limit) => format!("at least {}{}", significant(limit), self.unit),
        }
    }

    /// What was measured, with its unit.
    #[must_use]
    pub(super) fn measured(&self) -> String {
        format!("{}{}", significant(self.measured), self.unit)
    }

    /// Whether it is met, or by how much it is missed.
    #[must_use]
    pub(super) fn verdict(&self) -> String {
        if self.is_met() {
            return "met".to_owned();
        }
        let (Limit::AtMost(limit) | Limit::AtLeast(limit)) = self.limit;
        let percent = (self.measured / limit - 1.0).abs() * 100.0;
        let side = if self.measured > limit { "above" } else { "below" };
        format!("**not met**: {} % {side}", significant(percent))
    }
}

/// The bars that these results are enough for.
#[must_use]
pub(super) fn bars(results: &Results) -> Vec<Bar> {
    let mut bars = Vec::new();
    let mut bar = |what: &str, limit: Limit, unit: &'static str, measured: Option<f64>| {
        bars.extend(measured.map(|measured| Bar { what: what.to_owned(), limit, unit, measured }));
    };
    let ours = |function| {
        let is_it = |contender: &&_| is_ours(contender, function);
        CONTENDERS.iter().find(is_it).map_or("", |contender| contender.name)
    };
    for function in [Function::Ingest, Function::Get, Function::Update] {
        let name = ours(function);
        let ratio = ratio(cold_cpu(results, name), cold_cpu(results, REQUEST));
        bar(
            &format!("CPU of a cold start of {name}, against one TLS request"),
            Limit::AtMost(1.3),
            " times",
            ratio,
        );
    }
    let ingest = warm_cpu(results, ours(Function::Ingest));
    let against = ratio(ingest, warm_cpu(results, REQUEST));
    bar("CPU of a warm call of IngestLike, against one TLS request", Limit::AtMost(1.5), " times", against);
    let against = ratio(ingest, warm_cpu(results, "python-ingest")).map(|ratio| ratio * 100.0);
    bar("CPU of a warm call of IngestLike, against boto3", Limit::AtMost(100.0 / 3.0), " %", against);

    let name = ours(Function::Update);
    let thousand = batches(results, name, Popularity::Zipf).find(|batches| batches.batch == 1000);
    let cpu = thousand.map(|batches| batches.cpu_us_a_like.median);
    bar("CPU of a like in batches of 1,000", Limit::AtMost(12.0), " µs", cpu);
    bar("the largest zip", Limit::AtMost(3.0), " MB", largest_zip(results));

    let zipf = results.paced.iter().find(|counting| counting.popularity == Popularity::Zipf);
    let write_units = zipf.map(|counting| counting.write_units_a_like);
    let what = "write units a like, Zipf(1.1) over 200 movies, four shards, 1,000 likes a second";
    bar(what, Limit::AtMost(2.1), "", write_units);
    bar("write units a like, in every measurement", Limit::AtMost(4.0), "", most_write_units(results, name));
    let calls = ratio(fewest_calls_of_peers(results), thousand.map(|batches| batches.calls_a_thousand_likes));
    bar(
        "calls of AWS a like, of the peer with the nearest promise that needs the fewest",
        Limit::AtLeast(10.0),
        " times ours",
        calls,
    );

    let sixteen = results.scaling.iter().find(|counting| counting.shards == 16);
    let likes = sixteen.map(|counting| counting.likes_a_second);
    bar("one movie on 16 shards", Limit::AtLeast(10_000.0), " likes a second", likes);
    let cancelled = sixteen.map(|counting| counting.cancelled * 100.0);
    bar("its transactions that are cancelled", Limit::AtMost(5.0), " %", cancelled);
    bars
}

fn is_ours(contender: &crate::contender::Contender, function: Function) -> bool {
    contender.kind == Kind::Ours && contender.function == function
}

fn ratio(measured: Option<f64>, to: Option<f64>) -> Option<f64> {
    Some(measured? / to?)
}

fn cold_cpu(results: &Results, name: &str) -> Option<f64> {
    let mut cold = results.cold.iter().filter(|cold| cold.memory == Memory::Unlimited);
    cold.find(|cold| cold.contender == name).map(|cold| cold.total_cpu.median)
}

fn warm_cpu(results: &Results, name: &str) -> Option<f64> {
    let mut warm = results.warm.iter().filter(|warm| warm.memory == Memory::Unlimited);
    warm.find(|warm| warm.contender == name).map(|warm| warm.cpu.median)
}

fn batches<'a>(
    results: &'a Results,
    name: &'a str,
    popularity: Popularity,
) -> impl Iterator<Item = &'a Batches> {
    let is_it = move |batches: &&Batches| batches.contender == name && batches.popularity == popularity;
    results.batches.iter().filter(is_it)
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
fn largest_zip(results: &Results) -> Option<f64> {
    let ours = results.sizes.iter().filter(|size| size.kind == Kind::Ours);
    ours.map(|size| size.zip_bytes).max().map(|bytes| bytes as f64 / 1e6)
}

fn most_write_units(results: &Results, name: &str) -> Option<f64> {
    let batches = results.batches.iter().filter(|batches| batches.contender == name);
    let batches = batches.map(|batches| batches.write_units_a_thousand_likes / 1000.0);
    let counting = results.paced.iter().chain(&results.scaling).map(|counting| counting.write_units_a_like);
    batches.chain(counting).max_by(f64::total_cmp)
}

/// Calls for a thousand likes, of the peer with the same promise that needs the fewest, at its best batch size.
fn fewest_calls_of_peers(results: &Results) -> Option<f64> {
    let promises = |name: &str| {
        let mut peers = CONTENDERS.iter().filter(|contender| contender.kind == Kind::Peer);
        peers.any(|contender| contender.name == name && contender.deduplicates())
    };
    let peers = results.batches.iter().filter(|batches| promises(&batches.contender));
    peers.map(|batches| batches.calls_a_thousand_likes).min_by(f64::total_cmp)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(limit: Limit, measured: f64) -> Bar {
        Bar { what: "x".to_owned(), limit, unit: " ms", measured }
    }

    #[test]
    fn a_bar_is_met_on_its_limit_and_says_by_how_much_it_is_missed() {
        assert_eq!(bar(Limit::AtMost(4.0), 4.0).verdict(), "met");
        assert_eq!(bar(Limit::AtMost(4.0), 5.0).verdict(), "**not met**: 25.0 % above");
        assert_eq!(bar(Limit::AtLeast(10.0), 10.0).verdict(), "met");
        assert_eq!(bar(Limit::AtLeast(10.0), 5.0).verdict(), "**not met**: 50.0 % below");
        assert_eq!(bar(Limit::AtLeast(10.0), 5.0).limit(), "at least 10.0 ms");
        assert_eq!(bar(Limit::AtMost(4.0), 5.0).measured(), "5.00 ms");
    }
}
