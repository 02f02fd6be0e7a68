//! What the machine is, and what processes cost it, from `/proc`.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

/// Ticks of processor time in a second, as `/proc/PID/stat` counts them (`USER_HZ`).
const TICKS: f64 = 100.0;

/// The machine in a line.
pub fn facts() -> String {
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let model = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = model
        .lines()
        .find(|line| line.starts_with("model name"))
        .and_then(|line| line.split_once(": "))
        .map_or("an unnamed processor", |(_, name)| name);
    format!("Machine: {cores} cores ({model}); load, daemon, database and provider share them.")
}

/// Median time in milliseconds to append 4 KiB to a file in this folder and have it on disk.
pub fn fsync(folder: &Path) -> anyhow::Result<f64> {
    let path = folder.join("fsync");
    let mut file = fs::File::create(&path)?;
    let mut times = Vec::new();
    for _ in 0..400 {
        let started = Instant::now();
        file.write_all(&[7; 4_096])?;
        file.sync_data()?;
        times.push(started.elapsed().as_secs_f64() * 1e3);
    }
    fs::remove_file(path)?;
    Ok(crate::measure::median(&times))
}

/// Seconds of processor time that a process used, with the children that it has waited for.
pub fn processor_time(process: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // User and system time are fields 14 and 15, those of ended children 16 and 17; the name,
    // field 2, may hold anything up to the last bracket.
    let rest = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: f64 = rest
        .split_whitespace()
        .skip(11)
        .take(4)
        .filter_map(|word| word.parse::<f64>().ok())
        .sum();
    ticks / TICKS
}

/// Seconds of processor time of a process and of those that it started.
pub fn family_time(process: u32) -> f64 {
    let children = fs::read_dir("/proc").into_iter().flatten().flatten();
    let children = children
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .filter(|child| parent(*child) == Some(process));
    processor_time(process) + children.map(processor_time).sum::<f64>()
}

fn parent(process: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_whitespace().nth(1)?.parse().ok()
}

/// Resident memory of a process in MB: now, and the most it ever was.
pub fn memory(process: u32) -> (f64, f64) {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let field = |name: &str| {
        status
            .lines()
            .find_map(|line| line.strip_prefix(name))
            .and_then(|rest| rest.split_whitespace().next())
            .and_then(|kilobytes| kilobytes.parse::<f64>().ok())
            .map_or(f64::NAN, |kilobytes| kilobytes / 1024.0)
    };
    (field("VmRSS:"), field("VmHWM:"))
}
