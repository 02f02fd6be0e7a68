//! A server that gives tokens (RFC 6749).

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::http1;

/// A token endpoint that gives what its list says, the last for ever; and what it was asked.
pub struct TokenEndpoint {
    /// Where it is asked.
    pub url: String,
    asked: Arc<Mutex<Vec<String>>>,
    _tasks: JoinSet<()>,
}

impl TokenEndpoint {
    /// Starts it with its answers: status and body.
    pub async fn start(answers: Vec<(u16, serde_json::Value)>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}/token", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let mut stream = BufReader::new(stream);
                while let Some(request) = http1::read_request(&mut stream).await {
                    let count = {
                        let mut log = log.lock().unwrap();
                        log.push(String::from_utf8(request.body).unwrap());
                        log.len()
                    };
                    let (status, body) = &answers[(count - 1).min(answers.len() - 1)];
                    let answer = http1::answer(*status, &[], body.to_string().as_bytes());
                    stream.write_all(&answer).await.unwrap();
                }
            }
        });
        Self {
            url,
            asked,
            _tasks: tasks,
        }
    }

    /// The body of each request so far.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}
