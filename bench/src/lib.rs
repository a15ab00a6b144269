//! Measures the functions side by side with their peers in Python and Node, against a simulated AWS.

pub mod aws;
pub mod cgroup;
pub mod check;
pub mod cli;
pub mod contender;
pub mod cpu;
pub mod events;
pub mod instance;
pub mod instructions;
pub mod measure;
pub mod report;
pub mod results;
pub mod runtime_api;
pub mod setting;
pub mod sizes;
pub mod statistics;
