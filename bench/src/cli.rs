//! The command line.

use std::{
    io,
    path::{Path, PathBuf},
};

use clap::{Args, Parser, ValueEnum};
use thiserror::Error;

use crate::{
    aws::{Aws, Settings},
    cgroup::CpuShare,
    check::{self, CheckError},
    contender::{CONTENDERS, Contender, Function, Kind, Program},
    instance::Failure,
    instructions,
    measure::{self, Bench},
    report::{self, ReportError},
    results::{Instructions, Results},
    setting, sizes,
};

/// A load average above which other processes get in the way.
const QUIET: f64 = 0.5;

/// Measures the functions side by side with their peers, against a simulated AWS on this machine.
#[derive(Debug, Parser)]
#[command(name = "bench")]
pub enum Command {
    /// Measure, and write target/bench/results.json, the tables and the plots.
    Run(Run),
    /// Compare the functions' instructions with bench/instructions.json.
    Check(Check),
    /// Write tables and plots again, from the results.json of the last run.
    Draw(Draw),
}

/// What to do with the counts.
#[derive(Debug, Args)]
pub struct Check {
    /// Record them in bench/instructions.json.
    #[arg(long)]
    update: bool,
}

/// What to write.
#[derive(Debug, Args)]
pub struct Draw {
    /// Update docs/performance.md and its plots, too.
    #[arg(long)]
    docs: bool,
}

/// What to measure.
#[derive(Debug, Args)]
pub struct Run {
    /// Take about a minute: fewer rounds, memory sizes and batches.
    #[arg(long)]
    quick: bool,
    /// Only these figures.
    #[arg(long, value_delimiter = ',', value_name = "FIGURE")]
    only: Vec<Figure>,
    /// Only these functions.
    #[arg(long, value_delimiter = ',', value_name = "FUNCTION")]
    functions: Vec<Function>,
    /// Update docs/performance.md and its plots, too.
    #[arg(long)]
    docs: bool,
    /// Only contenders whose name contains one of these.
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    contenders: Vec<String>,
}

/// A figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Figure {
    /// Starts of processes, with their first calls, at several CPU shares.
    Cold,
    /// Calls of processes that have handled events before.
    Warm,
    /// Instructions of a warm call.
    Instructions,
    /// Batches of 1 to 10,000 likes.
    Batches,
    /// 1,000 likes a second over four shards.
    Paced,
    /// One movie that 1, 4 and 16 shards count without a pause.
    Scaling,
}

/// Why nothing was measured.
#[derive(Debug, Error)]
pub enum BenchError {
    /// A function failed.
    #[error(transparent)]
    Failure(#[from] Failure),
    /// A file could not be read or written.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The report could not be written.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// Instructions were not counted, or have risen.
    #[error(transparent)]
    Check(#[from] CheckError),
    /// No contender is left.
    #[error("no contender is called like that; there are: {0}")]
    NoContender(String),
}

/// Carries out a command.
///
/// # Errors
/// [`BenchError`] says what is wrong.
pub async fn run(command: Command) -> Result<(), BenchError> {
    let root = root();
    let directory = root.join("target/bench");
    match command {
        Command::Run(run) => {
            let results = measure(&run, &root).await?;
            report::save(&results, &directory)?;
            report::write(&results, &directory)?;
            if run.docs {
                report::update_docs(&results, &root)?;
            }
            print!("{}", report::summary(&results));
            eprintln!("written: target/bench/results.json, performance.md and performance-*.svg");
            Ok(())
        }
        Command::Check(Check { update }) => {
            print!("{}", check::check(&root, update).await?);
            Ok(())
        }
        Command::Draw(Draw { docs }) => {
            let results = report::load(&directory)?;
            report::write(&results, &directory)?;
            if docs {
                report::update_docs(&results, &root)?;
            }
            print!("{}", report::summary(&results));
            Ok(())
        }
    }
}

/// The repository: where `just` runs recipes.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new(".")).to_owned()
}

impl Run {
    fn wants(&self, figure: Figure) -> bool {
        self.only.is_empty() || self.only.contains(&figure)
    }

    fn selects(&self, contender: &Contender) -> bool {
        let function = self.functions.is_empty() || self.functions.contains(&contender.function);
        let named = |part: &String| contender.name.to_lowercase().contains(&part.to_lowercase());
        function && (self.contenders.is_empty() || self.contenders.iter().any(named))
    }
}

async fn measure(run: &Run, root: &Path) -> Result<Results, BenchError> {
    let mut notes = Vec::new();
    let mut programs = Vec::new();
    for contender in CONTENDERS.iter().filter(|contender| run.selects(contender)) {
        match Program::of(contender, root) {
            Ok(program) => programs.push(program),
            // A peer may lack an interpreter, which is no reason to measure nothing.
            Err(error) if contender.kind == Kind::Peer => {
                note(&mut notes, format!("{}: not measured: {error}", contender.name));
            }
            Err(error) => return Err(error.into()),
        }
    }
    if programs.is_empty() {
        let names: Vec<_> = CONTENDERS.iter().map(|contender| contender.name).collect();
        return Err(BenchError::NoContender(names.join(", ")));
    }
    let can_limit = CpuShare::of_memory(256).map_err(|error| {
        note(&mut notes, format!("CPU shares are not limited, which takes root and the CPU controller of control groups: {error}"));
    });
    let settings = Settings::default();
    let setting = setting::describe(root, &settings);
    if setting.load > QUIET {
        let load = setting.load;
        note(&mut notes, format!("the machine was busy (load average {load}), so times are too long"));
    }
    let aws = Aws::start(settings).await?;
    let bench = Bench { aws: &aws, programs: &programs, quick: run.quick, can_limit: can_limit.is_ok() };
    let mut results = Results {
        setting,
        cold: Vec::new(),
        warm: Vec::new(),
        instructions: Vec::new(),
        batches: Vec::new(),
        paced: Vec::new(),
        scaling: Vec::new(),
        sizes: sizes::of(&programs, root)?,
        notes: Vec::new(),
    };
    if run.wants(Figure::Cold) {
        results.cold = measure::cold(&bench).await?;
    }
    if run.wants(Figure::Warm) {
        results.warm = measure::warm(&bench).await?;
    }
    if run.wants(Figure::Instructions) {
        if instructions::can_count() {
            results.instructions = count_instructions(&bench).await?;
        } else {
            note(&mut notes, "instructions are not counted, which takes Valgrind".to_owned());
        }
    }
    if run.wants(Figure::Batches) {
        results.batches = measure::batches(&bench, &mut notes).await?;
    }
    if run.wants(Figure::Paced) {
        results.paced = measure::paced(&bench).await?;
    }
    if run.wants(Figure::Scaling) {
        results.scaling = measure::scaling(&bench).await?;
    }
    results.notes = notes;
    Ok(results)
}

fn note(notes: &mut Vec<String>, note: String) {
    eprintln!("note: {note}");
    notes.push(note);
}

/// Of the functions in Rust: an interpreter and what it compiles at run time would be counted for weeks.
async fn count_instructions(bench: &Bench<'_>) -> Result<Vec<Instructions>, Failure> {
    let mut counts = Vec::new();
    for program in bench.programs.iter().filter(|program| program.contender.kind != Kind::Peer) {
        let contender = &program.contender;
        eprintln!("instructions of {}", contender.name);
        let likes = 100;
        counts.push(Instructions {
            contender: contender.name.to_owned(),
            function: contender.function,
            kind: contender.kind,
            batch: (contender.function == Function::Update).then_some(likes),
            a_call: instructions::of_a_call(program, bench.aws, 20, likes).await?,
        });
    }
    Ok(counts)
}
