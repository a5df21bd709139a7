//! Answers from a file: `amictl serve --replies`.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::support::{self, root};

const CONF: &str = "[general]\nenabled = yes\nbindaddr = 127.0.0.1\n[joe]\nsecret = joeSecret\ndeny = 0.0.0.0/0\n\
    permit = 127.0.0.1\nread = call,system\nwrite = all\n[ann]\nsecret = annSecret\ndeny = 0.0.0.0/0\npermit = 127.0.0.1\n\
    read = call\nwrite = user\n";

/// A server that ends with the test.
struct Serving(Child, String);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn serve(folder: &Path, replies: &Path) -> Serving {
    let mut child = Command::new(env!("CARGO_BIN_EXE_amictl"))
        .args(["serve", "manager.conf", "--force", "--port", "0", "--replies"])
        .arg(replies)
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().rsplit(' ').next().unwrap().to_owned();
    Serving(child, address)
}

/// A client that is logged in.
struct Client(BufReader<TcpStream>);

impl Client {
    fn new(server: &Serving, user: &str, events: &str) -> Client {
        let stream = TcpStream::connect(&server.1).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut client = Client(BufReader::new(stream));
        let mut greeting = String::new();
        client.0.read_line(&mut greeting).unwrap();
        let login = format!("Action: Login\nUsername: {user}\nSecret: {user}Secret\nEvents: {events}");
        assert!(client.say(&login).starts_with("Response: Success"));
        client
    }

    fn say(&mut self, text: &str) -> String {
        let text = format!("{text}\n\n").replace('\n', "\r\n");
        self.0.get_mut().write_all(text.as_bytes()).unwrap();
        self.message()
    }

    /// The next message.
    fn message(&mut self) -> String {
        let mut text = String::new();
        while !text.ends_with("\r\n\r\n") {
            assert_ne!(self.0.read_line(&mut text).unwrap(), 0, "the end after {text}");
        }
        text.replace("\r\n", "\n")
    }
}

#[test]
fn the_example_is_what_it_says() {
    let folder = support::folder(&[("manager.conf", CONF)]);
    let server = serve(folder.path(), &root().join("fixtures/replies/office.toml"));
    let mut joe = Client::new(&server, "joe", "off");
    let mut ann = Client::new(&server, "ann", "call");
    let ask = "Action: Originate\nActionID: 7\nChannel: PJSIP/100\nContext: office\nExten: 200\nPriority: 1";
    assert_eq!(joe.say(ask), "Response: Success\nActionID: 7\nMessage: Originate successfully queued\n\n");
    let event = "Event: OriginateResponse\nPrivilege: call,all\nActionID: 7\nResponse: Success\nChannel: PJSIP/100\n\
        Context: office\nExten: 200\nReason: 4\n\n";
    assert_eq!(ann.message(), event, "who may see it is sent it");
    // What the evaluator refuses is refused, whatever the file says.
    assert_eq!(ann.say(ask), "Response: Error\nActionID: 7\nMessage: Permission denied\n\n");
    // Later, and after what was asked meanwhile.
    let other = "Action: Originate\nActionID: 8\nChannel: PJSIP/300\nExten: 200";
    assert!(joe.say(&format!("{other}\n\nAction: Ping")).contains("Ping: Pong"));
    assert_eq!(joe.message(), "Response: Error\nActionID: 8\nMessage: Originate failed\n\n");
    let list = [
        "Response: Success\nActionID: 9\nEventList: start\nMessage: Channels will follow\n\n",
        "Event: CoreShowChannel\nActionID: 9\nChannel: PJSIP/100-00000001\nChannelStateDesc: Up\nExten: 200\n\n",
        "Event: CoreShowChannelsComplete\nActionID: 9\nEventList: Complete\nListItems: 1\n\n",
    ];
    assert_eq!(joe.say("Action: CoreShowChannels\nActionID: 9"), list[0]);
    assert_eq!([joe.message(), joe.message()], list[1..]);
    let said = joe.say("Action: Command\nCommand: core show channels count");
    assert!(said.ends_with("Message: Command output follows\nOutput: 1 active channel\nOutput: 1 active call\n\n"));
    let said = joe.say("Action: Command\nCommand: manager show users");
    assert!(said.contains("Output: ann\n"), "what the file does not answer amictl does: {said}");
    let said = joe.say("Action: DBGet\nFamily: a\nKey: b");
    assert_eq!(said, "Response: Error\nMessage: amictl serve has no answer for this action\n\n");
}

/// A channel that is originated has the variables of `setvar`, and over these those of the request: `channelvars` shows them
/// in its events, those that come later too, and in no other's.
#[test]
fn a_channel_has_the_variables_of_who_originates_it() {
    let conf = CONF.replace("enabled = yes\n", "enabled = yes\nchannelvars = TRUNK,RATE\n");
    let conf = conf.replace("write = all\n", "write = all\nsetvar = TRUNK=office\nsetvar = RATE=1\n");
    let replies = "\
        [[reply]]\naction = \"Originate\"\n\
        [[reply.event]]\nname = \"Newchannel\"\nclass = \"call\"\n\
        headers = [[\"Channel\", \"{Channel}\"], [\"Uniqueid\", \"1.1\"], [\"Linkedid\", \"1.1\"]]\n\
        [[reply]]\naction = \"Status\"\n\
        [[reply.event]]\nname = \"Newstate\"\nclass = \"call\"\nheaders = [[\"Uniqueid\", \"1.1\"], [\"Linkedid\", \"1.1\"]]\n\
        [[reply.event]]\nname = \"Newstate\"\nclass = \"call\"\nheaders = [[\"Uniqueid\", \"1.2\"], [\"Linkedid\", \"1.1\"]]\n";
    let folder = support::folder(&[("manager.conf", &*conf), ("replies.toml", replies)]);
    let server = serve(folder.path(), Path::new("replies.toml"));
    let (mut joe, mut ann) = (Client::new(&server, "joe", "off"), Client::new(&server, "ann", "call"));
    joe.say("Action: Originate\nChannel: Local/1\nVariable: RATE=2,OTHER=3\nExten: 1\nContext: a\nPriority: 1");
    let told = |name: &str, head: &str, unique: &str, [trunk, rate]: [&str; 2]| {
        let variables = format!("ChanVariable: TRUNK={trunk}\nChanVariable: RATE={rate}\n");
        format!("Event: {name}\nPrivilege: call,all\n{head}Uniqueid: {unique}\nLinkedid: 1.1\n{variables}\n")
    };
    assert_eq!(ann.message(), told("Newchannel", "Channel: Local/1\n", "1.1", ["", ""]));
    joe.say("Action: Status");
    assert_eq!(ann.message(), told("Newstate", "", "1.1", ["office", "2"]));
    assert_eq!(ann.message(), told("Newstate", "", "1.2", ["", ""]));
}

#[test]
fn the_one_of_the_readme_is_taken() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let block = readme.split("<!-- replies -->\n```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let folder = support::folder(&[("manager.conf", CONF), ("replies.toml", block)]);
    let server = serve(folder.path(), Path::new("replies.toml"));
    let mut joe = Client::new(&server, "joe", "call");
    let said = joe.say("Action: Originate\nActionID: 1\nChannel: PJSIP/100\nExten: 200");
    assert_eq!(said, "Response: Success\nActionID: 1\nMessage: Originate successfully queued\n\n");
    assert!(joe.message().ends_with("ActionID: 1\nResponse: Success\nChannel: PJSIP/100\n\n"));
}

#[test]
fn mistakes_are_told_with_their_place() {
    let reply = "[[reply]]\naction = \"Originate\"\n";
    for (text, says) in [
        ("[[replay]]\n", "r.toml:1: there is no key `replay`"),
        ("reply = 1\n", "r.toml:1: expected a list of tables"),
        ("[[reply]]\nresponse = \"Error\"\n", "there is no `action` here"),
        (
            "[[reply]]\naction = \"Orignate\"\n",
            "r.toml:2: there is no action `Orignate`\n  help: did you mean `Originate`?",
        ),
        ("[[reply]]\naction = \"Login\"\n", "r.toml:2: Login is answered by amictl itself"),
        (&format!("{reply}headrs = []\n"), "r.toml:3: there is no key `headrs`\n  help: did you mean `headers`?"),
        (&format!("{reply}headers = [[\"A\"]]\n"), "r.toml:3: expected pairs of names and values"),
        (&format!("{reply}headers = [[\"A: B\", \"c\"]]\n"), "r.toml:3: expected one word"),
        (&format!("{reply}headers = [[\"A\", \"{{B\"]]\n"), "r.toml:3: `{` and `}` stand around the name of a header"),
        (&format!("{reply}headers = [[\"A\", \"b\\nc\"]]\n"), "r.toml:3: a header ends where its line does"),
        (&format!("{reply}delay = \"2 weeks\"\n"), "r.toml:3: expected a time of up to a day"),
        (&format!("{reply}delay = \"90000s\"\n"), "r.toml:3: expected a time of up to a day"),
        (&format!("{reply}when = {{ Channel = {{ regex = \"(\" }} }}\n"), "r.toml:3: not an expression"),
        (&format!("{reply}when = {{ Channel = {{ rexeg = \"a\" }} }}\n"), "r.toml:3: there is no key `rexeg`"),
        (&format!("{reply}[[reply.event]]\nname = \"A\"\n"), "there is no `class` here"),
        (&format!("{reply}[[reply.event]]\nname = \"A\"\nclass = \"cal\"\n"), "r.toml:5: there is no class `cal`"),
        (&format!("{reply}[reply.list]\n"), "there is no `complete` here"),
        ("[[reply]\n", "r.toml:1: "),
    ] {
        let folder = support::folder(&[("manager.conf", CONF), ("r.toml", text)]);
        let ran =
            support::amictl(folder.path(), &["serve", "manager.conf", "--force", "--port", "0", "--replies", "r.toml"]);
        assert!(ran.code == 2 && ran.err.contains(says), "{text}: {}", ran.err);
    }
    let folder = support::folder(&[("manager.conf", CONF)]);
    let ran =
        support::amictl(folder.path(), &["serve", "manager.conf", "--force", "--port", "0", "--replies", "none.toml"]);
    assert!(ran.code == 3 && ran.err.contains("cannot read `none.toml`"), "{}", ran.err);
}

/// A client that may asks for the file to be read again; one that does not load changes nothing.
#[test]
fn a_client_may_have_the_file_read_again() {
    let folder = support::folder(&[("manager.conf", CONF)]);
    let server = serve(folder.path(), &root().join("fixtures/replies/office.toml"));
    let mut joe = Client::new(&server, "joe", "off");
    let path = folder.path().join("manager.conf");
    let mut has_new = |text: &str| {
        std::fs::write(&path, text).unwrap();
        assert!(joe.say("Action: Reload\nModule: manager").contains("Message: Module Reloaded"));
        // The answer comes before it is done.
        (0..50).any(|_| {
            std::thread::sleep(Duration::from_millis(20));
            joe.say("Action: Command\nCommand: manager show users").contains("Output: new\n")
        })
    };
    assert!(!has_new(CONF));
    assert!(has_new(&format!("{CONF}[new]\nsecret = newSecret\n")));
    assert!(has_new("[broken\n"), "the old one stays");
}
