//! asterisk-rs-ami: typed actions and events, MD5 by itself, and no end of attempts to log in.

use std::fmt::{self, Debug};
use std::pin::pin;
use std::process::ExitCode;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use asterisk_rs_ami::action::{CoreStatusAction, EventsAction, LogoffAction, UserEventAction};
use asterisk_rs_ami::{AmiClient, AmiEvent, AmiResponse};
use asterisk_rs_core::config::ReconnectPolicy;
use clients::{Arguments, Failure, runtime, step};
use tokio::time::timeout;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

fn main() -> ExitCode {
    clients::run(client)
}

async fn client(arguments: &Arguments) -> Result<(), Failure> {
    tracing::subscriber::set_global_default(Log)?;
    let mut client = log_in(arguments, &arguments.secret).await;
    // Once in a while, on a machine with much to do, an attempt does not come to an end, with real Asterisks, too. Why,
    // nobody knows.
    if client.as_ref().is_err_and(String::is_empty) {
        eprintln!("login: one more attempt");
        client = log_in(arguments, &arguments.secret).await;
    }
    step("login", client.is_ok(), &client.as_ref().err())?;
    let client = client?;

    // The attempts go on for ever: so they get a runtime of their own, with which they end.
    let attempts = || runtime().block_on(log_in(arguments, &arguments.wrong)).err();
    let refused = thread::scope(|scope| scope.spawn(attempts).join()).ok().flatten().unwrap_or_default();
    step("refused", refused.contains("Authentication failed"), &refused)?;

    let answer = client.ping().await?;
    step("ping", answer.success && answer.get("Ping") == Some("Pong"), &answer)?;

    let answer = client.send_action(&EventsAction { event_mask: "user".to_owned() }).await?;
    step("subscribe", answer.success && answer.get("Events") == Some("On"), &answer)?;

    let mut events = client.subscribe();
    let headers = vec![("Token".to_owned(), arguments.token.clone())];
    let answer = client.send_action(&UserEventAction { user_event: "Hello".to_owned(), headers }).await?;
    let own = async {
        while let Some(event) = events.recv().await {
            let AmiEvent::UserEvent { user_event, headers, .. } = event else { continue };
            if user_event == "Hello" && headers.get("Token") == Some(&arguments.token) {
                return true;
            }
        }
        false
    };
    step("event", answer.success && timeout(arguments.patience, own).await?, &answer)?;

    let answer = client.send_action(&CoreStatusAction).await?;
    step("denied", is(&answer, "Error", "Permission denied"), &answer)?;

    let answer = client.send_action(&LogoffAction).await?;
    step("logoff", is(&answer, "Goodbye", "Thanks for all the fish."), &answer)
}

fn is(answer: &AmiResponse, response: &str, message: &str) -> bool {
    answer.response_type == response && answer.message.as_deref() == Some(message)
}

/// A connection, or what the library logged when it got none: to its user it does not say. This may be nothing.
async fn log_in(arguments: &Arguments, secret: &str) -> Result<AmiClient, String> {
    errors().clear();
    let builder = AmiClient::builder().host(&arguments.host).port(arguments.port).reconnect(ReconnectPolicy::none());
    let mut attempt = pin!(builder.credentials(&arguments.user, secret).build());
    for _ in 0..80 {
        if let Ok(answer) = timeout(Duration::from_millis(100), &mut attempt).await {
            return answer.map_err(|error| error.to_string());
        }
        if !errors().is_empty() {
            break;
        }
    }
    Err(errors().clone())
}

/// The errors that were logged.
static ERRORS: Mutex<String> = Mutex::new(String::new());

fn errors() -> MutexGuard<'static, String> {
    ERRORS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps the errors that are logged.
struct Log;

impl Visit for Log {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = fmt::write(&mut *errors(), format_args!("{field}: {value:?}; "));
    }
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() == Level::ERROR
    }

    fn event(&self, event: &Event<'_>) {
        event.record(&mut Log);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}
