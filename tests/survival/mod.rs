//! What outlives the worst: backups taken and restored, processes and databases killed.

mod backup;
