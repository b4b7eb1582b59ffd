//! What goes to PostgreSQL goes at once. sqlx 0.9.0 leaves Nagle's algorithm on (its issue 4335, mended since that release): whatever takes two
//! writes, as each `copy` does, then waits up to 40 ms until the other side has acknowledged the first. It lets nobody have its sockets, so they
//! are looked up among the files of the process. To be removed with sqlx's next release.

use std::net::TcpStream;
use std::os::fd::{BorrowedFd, RawFd};
use std::path::Path;

/// The open files of this process, each under its number.
const FILES: &str = "/dev/fd";

/// Has all connections of this process to that port send at once. Those that cannot be looked up stay as they are.
pub fn on_connections_to(port: u16) {
    for connection in sockets().into_iter().filter_map(handle) {
        if connection.peer_addr().is_ok_and(|peer| peer.port() == port) {
            // It may just have ended.
            drop(connection.set_nodelay(true));
        }
    }
}

fn sockets() -> Vec<RawFd> {
    let is_socket = |path: &Path| std::fs::read_link(path).is_ok_and(|to| to.to_string_lossy().starts_with("socket:"));
    let Ok(files) = std::fs::read_dir(FILES) else { return Vec::new() };
    files.flatten().filter(|file| is_socket(&file.path())).filter_map(|file| file.file_name().to_str()?.parse().ok()).collect()
}

/// A handle of our own to whatever has that number now.
#[allow(unsafe_code)]
fn handle(number: RawFd) -> Option<TcpStream> {
    // SAFETY: the number is given to the system alone, which refuses it if its file was closed meanwhile; from then on the file is held.
    let file = unsafe { BorrowedFd::borrow_raw(number) };
    file.try_clone_to_owned().ok().map(TcpStream::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::db::Db;
    use crate::tests::engines;
    use std::net::TcpListener;

    #[test]
    fn connections_to_the_port_send_at_once_and_no_others() {
        let (database, other) = (TcpListener::bind("127.0.0.1:0").unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
        let to = |listener: &TcpListener| TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (first, second, third) = (to(&database), to(&database), to(&other));
        assert!(!first.nodelay().unwrap());
        on_connections_to(database.local_addr().unwrap().port());
        assert!(first.nodelay().unwrap() && second.nodelay().unwrap());
        assert!(!third.nodelay().unwrap());
    }

    #[tokio::test]
    async fn connections_of_the_pool_send_at_once() {
        let db = engines::postgres().await;
        let Db::Postgres(pool, _) = &db.db else { unreachable!("it is PostgreSQL") };
        let mut connection = pool.acquire().await.unwrap();
        let (port,): (i32,) = sqlx::query_as("select inet_client_port()").fetch_one(&mut *connection).await.unwrap();
        let ours = |one: &TcpStream| one.local_addr().is_ok_and(|local| i32::from(local.port()) == port);
        let connection = sockets().into_iter().filter_map(handle).find(ours).expect("it is open");
        assert!(connection.nodelay().unwrap());
    }
}
