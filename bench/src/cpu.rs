//! How much of the machine a process and its descendants have used, from outside.

use std::{fs, io, time::Duration};

use nix::{
    time::{ClockId, clock_getcpuclockid},
    unistd::Pid,
};

/// A process and all that it started, by their process group.
#[derive(Debug, Clone, Copy)]
pub struct Group(pub Pid);

impl Group {
    /// The CPU time, user and system, of all threads: those that have ended too, and processes that have ended and were
    /// waited for.
    ///
    /// # Errors
    /// If the processes cannot be read.
    pub fn cpu_time(self) -> io::Result<Duration> {
        let mut total = Duration::ZERO;
        for (pid, stat) in self.members()? {
            // A process can end between being listed and being asked.
            let Ok(time) = clock_getcpuclockid(pid).and_then(ClockId::now) else { continue };
            total += Duration::from(time) + stat.of_children;
        }
        Ok(total)
    }

    /// The peak of the resident memory, in bytes, summed over its processes.
    ///
    /// # Errors
    /// If the processes cannot be read.
    pub fn peak_memory(self) -> io::Result<u64> {
        let peaks =
            self.members()?.into_iter().map(|(pid, _)| fs::read_to_string(format!("/proc/{pid}/status")));
        Ok(peaks.filter_map(|status| high_water_mark(&status.ok()?)).sum())
    }

    fn members(self) -> io::Result<Vec<(Pid, Stat)>> {
        let mut members = Vec::new();
        for entry in fs::read_dir("/proc")? {
            let Ok(pid) = entry?.file_name().to_string_lossy().parse() else { continue };
            let Ok(line) = fs::read_to_string(format!("/proc/{pid}/stat")) else { continue };
            if let Some(stat) = Stat::parse(&line, TICKS_A_SECOND)
                && stat.group == self.0.as_raw()
            {
                members.push((Pid::from_raw(pid), stat));
            }
        }
        Ok(members)
    }
}

/// `USER_HZ`, in which `/proc` counts on every architecture that Lambda has.
///
/// See <https://man7.org/linux/man-pages/man7/time.7.html>.
const TICKS_A_SECOND: u32 = 100;

/// What is needed of `/proc/PID/stat`.
///
/// See <https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html>.
#[derive(Debug, PartialEq, Eq)]
struct Stat {
    group: i32,
    /// The CPU time of children that were waited for.
    of_children: Duration,
}

impl Stat {
    fn parse(line: &str, ticks_a_second: u32) -> Option<Self> {
        // The command is in parentheses and may contain anything.
        let fields: Vec<&str> = line.get(line.rfind(')')? + 1..)?.split_ascii_whitespace().collect();
        let group = fields.get(2)?.parse().ok()?;
        let children = fields.get(13..15)?.iter().map(|ticks| ticks.parse::<u32>().ok());
        let ticks = children.sum::<Option<u32>>()?;
        Some(Self { group, of_children: Duration::from_secs(1) * ticks / ticks_a_second })
    }
}

/// `VmHWM` of `/proc/PID/status`, in bytes.
fn high_water_mark(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use std::process;

    use super::*;

    #[test]
    fn a_command_with_parentheses_and_spaces_does_not_shift_the_fields() {
        let line = "7 (a ) (b) S 1 42 42 0 -1 4194560 9 8 7 6 11 12 150 100 20 0 1 0 5 6 7";
        let stat = Stat { group: 42, of_children: Duration::from_millis(2500) };
        assert_eq!(Stat::parse(line, 100), Some(stat));
        assert_eq!(Stat::parse("7 (cut off) S 1 42", 100), None);
    }

    #[test]
    fn the_high_water_mark_is_in_bytes() {
        assert_eq!(high_water_mark("Name:\tx\nVmHWM:\t   20480 kB\nVmRSS:\t 1 kB\n"), Some(20 << 20));
        assert_eq!(high_water_mark("Name:\tkthreadd\n"), None);
    }

    #[test]
    fn cpu_time_of_a_thread_that_has_ended_counts() {
        let group = Group(nix::unistd::getpgrp());
        let before = group.cpu_time().unwrap();
        std::thread::spawn(|| {
            let start = std::time::Instant::now();
            while start.elapsed() < Duration::from_millis(60) {}
        })
        .join()
        .unwrap();
        let used = group.cpu_time().unwrap().saturating_sub(before);
        assert!(used > Duration::from_millis(15), "{used:?}");
        assert!(group.peak_memory().unwrap() > 1 << 20, "{}", process::id());
    }
}
