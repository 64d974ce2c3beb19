//! Connection URLs for a server behind a socket.

use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// The port names the socket's file, `.s.PGSQL.5432`. It is written out so that a `PGPORT` of the environment cannot
/// lead a client elsewhere.
pub(crate) const PORT: u16 = 5432;

/// `postgresql://postgres@localhost:5432/DATABASE?host=FOLDER`, with everything escaped that needs to be.
pub(crate) fn connection_url(database: &str, socket_dir: &Path) -> String {
    let mut url = format!("postgresql://postgres@localhost:{PORT}/");
    escape(&mut url, database.as_bytes(), false);
    url.push_str("?host=");
    escape(&mut url, socket_dir.as_os_str().as_bytes(), true);
    url
}

fn escape(url: &mut String, bytes: &[u8], keep_slash: bool) {
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || (keep_slash && byte == b'/') {
            url.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(url, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names_stay_readable_and_others_are_escaped() {
        assert_eq!(
            connection_url("holdfast", Path::new("/srv/data/run")),
            "postgresql://postgres@localhost:5432/holdfast?host=/srv/data/run"
        );
        assert_eq!(
            connection_url("a b/c", Path::new("/My Data/é+&/run")),
            "postgresql://postgres@localhost:5432/a%20b%2Fc?host=/My%20Data/%C3%A9%2B%26/run"
        );
    }
}
