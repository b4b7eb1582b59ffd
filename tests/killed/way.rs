//! The way to a database server, which can be closed: to whoever goes by it the server is then gone.

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

pub struct Way {
    pub port: u16,
    open: watch::Sender<bool>,
}

impl Way {
    pub async fn to(server: (String, u16)) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (open, opened) = watch::channel(true);
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let (server, mut opened) = (server.clone(), opened.clone());
                // Dropped at once while it is closed, and as soon as it closes.
                tokio::spawn(async move {
                    let carry = async {
                        let mut upstream = TcpStream::connect(server).await?;
                        copy_bidirectional(&mut client, &mut upstream).await
                    };
                    tokio::select! {
                        biased;
                        _ = opened.wait_for(|open| !open) => {}
                        _ = carry => {}
                    }
                });
            }
        });
        Self { port, open }
    }

    pub fn set(&self, open: bool) {
        self.open.send_replace(open);
    }
}
