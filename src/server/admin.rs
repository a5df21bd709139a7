//! Metrics and health, over HTTP, for whoever runs a server.

use std::convert::Infallible;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::spawn_local;
use tokio::time::{sleep, timeout};

use super::metrics::Metrics;

/// So many connections are served at once. Whoever asks needs one.
const MOST: usize = 32;

/// So long a connection may last: an answer takes no time.
const LONGEST: Duration = Duration::from_secs(30);

/// Answers `GET /metrics` and `GET /health`, without end. `health`: what the latter tells, as JSON.
pub async fn admin(listener: TcpListener, metrics: Metrics, health: impl Fn([i64; 2]) -> String + 'static) {
    let (places, told) = (Arc::new(Semaphore::new(MOST)), Rc::new((metrics, health)));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            sleep(Duration::from_millis(10)).await;
            continue;
        };
        let told = Rc::clone(&told);
        spawn_local(async move {
            let service = service_fn(|request| {
                let response = respond(&request, &told.0, &told.1);
                async { Ok::<_, Infallible>(response) }
            });
            // What fails is that one connection.
            let _ = timeout(LONGEST, http1::Builder::new().serve_connection(TokioIo::new(stream), service)).await;
            drop(place);
        });
    }
}

fn respond(
    request: &Request<Incoming>,
    metrics: &Metrics,
    health: &dyn Fn([i64; 2]) -> String,
) -> Response<Full<Bytes>> {
    if ![Method::GET, Method::HEAD].contains(request.method()) {
        let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "text/plain", "GET or HEAD\n".to_owned());
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    match request.uri().path() {
        "/metrics" => match metrics.text() {
            Ok(all) => text(StatusCode::OK, "application/openmetrics-text; version=1.0.0; charset=utf-8", all),
            Err(_) => text(StatusCode::INTERNAL_SERVER_ERROR, "text/plain", "no metrics\n".to_owned()),
        },
        "/health" => text(StatusCode::OK, "application/json", health(metrics.clients()) + "\n"),
        _ => text(StatusCode::NOT_FOUND, "text/plain", "there are /metrics and /health\n".to_owned()),
    }
}

fn text(status: StatusCode, kind: &'static str, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
