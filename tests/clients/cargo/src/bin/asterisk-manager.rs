//! asterisk-manager: answers by their ActionIDs, and a stream of events.

use std::collections::HashMap;
use std::process::ExitCode;

use asterisk_manager::{AmiAction, AmiError, AmiEvent, AmiResponse, Manager, ManagerOptions};
use clients::{Arguments, Failure, step};
use tokio::time::timeout;
use tokio_stream::StreamExt;

fn main() -> ExitCode {
    clients::run(client)
}

async fn client(arguments: &Arguments) -> Result<(), Failure> {
    let (manager, answer) = log_in(arguments, &arguments.secret).await;
    step("login", answer.is_ok(), &answer)?;

    let (_, answer) = log_in(arguments, &arguments.wrong).await;
    let refused = matches!(&answer, Err(AmiError::AuthenticationFailed(why)) if why == "Authentication failed");
    step("refused", refused, &answer)?;

    let answer = manager.send_action(AmiAction::Ping { action_id: None }).await?;
    step("ping", says(&answer, "Success", "Ping", "Pong"), &answer)?;

    let answer = ask(&manager, "Events", &[("EventMask", "user")]).await?;
    step("subscribe", says(&answer, "Success", "Events", "On"), &answer)?;

    let mut events = manager.all_events_stream().await;
    let answer = ask(&manager, "UserEvent", &[("UserEvent", "Hello"), ("Token", &arguments.token)]).await?;
    let own = async {
        while let Some(event) = events.next().await {
            let Ok(AmiEvent::UnknownEvent { event_type, fields }) = event else { continue };
            let of_ours = fields.get("Token") == Some(&arguments.token);
            if event_type == "UserEvent" && fields["UserEvent"] == "Hello" && of_ours {
                return true;
            }
        }
        false
    };
    let sent = answer.response == "Success";
    step("event", sent && timeout(arguments.patience, own).await?, &answer)?;

    let answer = ask(&manager, "CoreStatus", &[]).await?;
    let denied = answer.message.as_deref() == Some("Permission denied");
    step("denied", answer.response == "Error" && denied, &answer)?;

    let answer = manager.send_action(AmiAction::Logoff { action_id: None }).await?;
    step("logoff", answer.response == "Goodbye", &answer)
}

/// A connection, and whether Login let it in.
async fn log_in(arguments: &Arguments, secret: &str) -> (Manager, Result<(), AmiError>) {
    let options = ManagerOptions {
        host: arguments.host.clone(),
        port: arguments.port,
        username: arguments.user.clone(),
        password: secret.to_owned(),
        events: true,
    };
    let mut manager = Manager::new();
    let answer = manager.connect_and_login(options).await;
    (manager, answer)
}

async fn ask(manager: &Manager, action: &str, headers: &[(&str, &str)]) -> Result<AmiResponse, AmiError> {
    let params: HashMap<_, _> = headers.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    manager.send_action(AmiAction::Custom { action: action.to_owned(), params, action_id: None }).await
}

fn says(answer: &AmiResponse, response: &str, header: &str, value: &str) -> bool {
    answer.response == response && answer.fields.get(header).and_then(|it| it.as_str()) == Some(value)
}
