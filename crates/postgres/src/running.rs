//! Finding a cluster that another process runs.

use std::path::Path;

use crate::{postmaster, url};

/// The URL of a database of the cluster that another process runs in this data folder; `None` where none is ready. For a
/// second program beside the server, such as an administrator's.
///
/// Only the user who runs the cluster, and root, can connect to it.
pub fn running_url(data_dir: &Path, database: &str) -> Option<String> {
    let cluster = data_dir.canonicalize().ok()?.join("pg");
    if !postmaster::read(&cluster)?.ready {
        return None;
    }
    let text = std::fs::read_to_string(cluster.join("postmaster.pid")).ok()?;
    // Line five: the socket folder.
    let socket_dir = text.lines().nth(4).map(str::trim).filter(|line| !line.is_empty())?;
    Some(url::connection_url(database, Path::new(socket_dir)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_cluster_is_found_when_it_is_ready_and_not_before() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(running_url(root.path(), "postgres"), None);
        let cluster = root.path().join("pg");
        std::fs::create_dir(&cluster).unwrap();
        let write = |status: &str| {
            let text = format!("7\n/data/pg\n1700000000\n5432\n/data/run\n\n  1  2\n{status}\n");
            std::fs::write(cluster.join("postmaster.pid"), text).unwrap();
        };
        write("starting");
        assert_eq!(running_url(root.path(), "postgres"), None);
        write("ready   ");
        let url = "postgresql://postgres@localhost:5432/postgres?host=/data/run";
        assert_eq!(running_url(root.path(), "postgres").as_deref(), Some(url));
    }
}
