//! The share of a CPU that Lambda gives a function, by a control group.

use std::{
    fs, io,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

/// The memory at which a function has one vCPU. Less memory has proportionally less.
///
/// See <https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html>.
const MEGABYTES_OF_ONE_CPU: u64 = 1769;

/// Lambda's is 20 ms too, by what functions on it observe; AWS does not document it.
const PERIOD: Duration = Duration::from_millis(20);

/// The version of the controller, and where it is mounted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hierarchy {
    V1(&'static str),
    V2(&'static str),
}

/// A control group that limits the CPU time of the processes in it. It is removed when it is dropped; they must have ended.
#[derive(Debug)]
pub struct CpuShare {
    path: PathBuf,
}

impl CpuShare {
    /// The share of a function with so much memory.
    ///
    /// # Errors
    /// If the CPU controller is not there, or may not be used.
    pub fn of_memory(megabytes: u64) -> io::Result<Self> {
        let hierarchy = hierarchy(Path::new("/sys/fs/cgroup"))?;
        let (Hierarchy::V1(root) | Hierarchy::V2(root)) = hierarchy;
        let unique = uuid::Uuid::now_v7();
        let path = Path::new(root).join(format!("likestream-bench-{unique}"));
        fs::create_dir(&path)?;
        let share = Self { path };
        for (file, value) in limit(hierarchy, quota(megabytes)) {
            fs::write(share.path.join(file), value)?;
        }
        Ok(share)
    }

    /// The file that a process writes `0` to in order to enter.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub fn entrance(&self) -> io::Result<fs::File> {
        fs::File::options().write(true).open(self.path.join("cgroup.procs"))
    }
}

impl Drop for CpuShare {
    fn drop(&mut self) {
        // The kernel takes a moment to forget processes that have ended.
        let start = Instant::now();
        while fs::remove_dir(&self.path).is_err_and(|error| error.kind() != io::ErrorKind::NotFound) {
            if start.elapsed() > Duration::from_secs(2) {
                eprintln!("warning: {} is left behind; remove it with rmdir", self.path.display());
                return;
            }
            thread::sleep(Duration::from_millis(5));
        }
    }
}

fn hierarchy(mounted: &Path) -> io::Result<Hierarchy> {
    if mounted.join("cpu/cpu.cfs_quota_us").exists() {
        return Ok(Hierarchy::V1("/sys/fs/cgroup/cpu"));
    }
    let controllers = fs::read_to_string(mounted.join("cgroup.subtree_control"))?;
    if controllers.split_ascii_whitespace().any(|controller| controller == "cpu") {
        return Ok(Hierarchy::V2("/sys/fs/cgroup"));
    }
    Err(io::Error::new(io::ErrorKind::Unsupported, "no CPU controller for control groups"))
}

fn quota(megabytes: u64) -> Duration {
    let micros = u64::try_from(PERIOD.as_micros()).unwrap_or(u64::MAX);
    Duration::from_micros(micros * megabytes / MEGABYTES_OF_ONE_CPU)
}

fn limit(hierarchy: Hierarchy, quota: Duration) -> Vec<(&'static str, String)> {
    let (quota, period) = (quota.as_micros(), PERIOD.as_micros());
    match hierarchy {
        Hierarchy::V1(_) => {
            vec![("cpu.cfs_period_us", period.to_string()), ("cpu.cfs_quota_us", quota.to_string())]
        }
        Hierarchy::V2(_) => vec![("cpu.max", format!("{quota} {period}"))],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_proportional_to_memory_with_one_cpu_at_1769_megabytes() {
        let quotas = [128, 512, 1769, 3538].map(quota);
        assert_eq!(quotas, [1447, 5788, 20000, 40000].map(Duration::from_micros));
    }

    #[test]
    fn both_versions_of_the_controller_get_the_same_limit() {
        let quota = quota(128);
        assert_eq!(
            limit(Hierarchy::V1(""), quota),
            [("cpu.cfs_period_us", "20000".to_owned()), ("cpu.cfs_quota_us", "1447".to_owned())]
        );
        assert_eq!(limit(Hierarchy::V2(""), quota), [("cpu.max", "1447 20000".to_owned())]);
    }

    #[test]
    fn the_controller_is_found_in_both_versions_or_its_absence_is_an_error() {
        let mounted = tempfile::tempdir().unwrap();
        fs::write(mounted.path().join("cgroup.subtree_control"), "cpuset memory").unwrap();
        assert_eq!(hierarchy(mounted.path()).unwrap_err().kind(), io::ErrorKind::Unsupported);
        fs::write(mounted.path().join("cgroup.subtree_control"), "memory cpu\n").unwrap();
        assert_eq!(hierarchy(mounted.path()).unwrap(), Hierarchy::V2("/sys/fs/cgroup"));
        fs::create_dir(mounted.path().join("cpu")).unwrap();
        fs::write(mounted.path().join("cpu/cpu.cfs_quota_us"), "-1").unwrap();
        assert_eq!(hierarchy(mounted.path()).unwrap(), Hierarchy::V1("/sys/fs/cgroup/cpu"));
    }
}
