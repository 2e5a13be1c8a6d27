//! The yardstick of `bench/http.sh`: the same HTTP server with handlers that do nothing, once a
//! body was read. Prints where it listens and goes on until it is killed.

use axum::Router;
use axum::body::Bytes;
use axum::routing::get;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        println!("listening on http://{}", listener.local_addr()?);
        let router = Router::new().route("/", get(|| async {}).post(|_: Bytes| async {}));
        axum::serve(listener, router).await?;
        Ok(())
    })
}
