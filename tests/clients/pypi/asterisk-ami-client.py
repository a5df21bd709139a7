"""asterisk-ami: a thread that reads, and answers that are waited for."""

from queue import Queue

from asterisk.ami import AMIClient, SimpleAction

from common import HOST, LOGIN, PATIENCE, PORT, SECRET, TOKEN, USER, WRONG, key, step


def log_in(secret):
    """A connection, and what Login was answered."""
    client = AMIClient(address=HOST, port=PORT, timeout=10)
    if LOGIN == "plain":
        return client, client.login(username=USER, secret=secret).response
    client.connect()
    challenge = client.send_action(SimpleAction("Challenge", AuthType="MD5")).response.keys["Challenge"]
    login = SimpleAction("Login", AuthType="MD5", Username=USER, Key=key(challenge, secret))
    return client, client.send_action(login).response


def ask(action, **headers):
    return client.send_action(SimpleAction(action, **headers)).response


def says(answer, status, **headers):
    return answer is not None and answer.status == status and headers.items() <= answer.keys.items()


client, answer = log_in(SECRET)
step("login", says(answer, "Success", Message="Authentication accepted"), answer)

refused, answer = log_in(WRONG)
refused.disconnect()
step("refused", says(answer, "Error", Message="Authentication failed"), answer)

answer = ask("Ping")
step("ping", says(answer, "Success", Ping="Pong"), answer)

answer = ask("Events", EventMask="user")
step("subscribe", says(answer, "Success", Events="On"), answer)

own = Queue()
client.add_event_listener(lambda event, **_: own.put(event), white_list="UserEvent", UserEvent="Hello", Token=TOKEN)
answer = ask("UserEvent", UserEvent="Hello", Token=TOKEN)
event = own.get(timeout=PATIENCE) if says(answer, "Success", Message="Event Sent") else None
step("event", event is not None and event["Token"] == TOKEN, answer)

answer = ask("CoreStatus")
step("denied", says(answer, "Error", Message="Permission denied"), answer)

answer = client.logoff().response
step("logoff", says(answer, "Goodbye"), answer)
