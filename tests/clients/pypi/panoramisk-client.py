"""panoramisk: asyncio, one callback for each kind of event."""

import asyncio

from panoramisk import Manager

from common import HOST, LOGIN, PATIENCE, PORT, SECRET, TOKEN, USER, WRONG, key, step


async def log_in(secret):
    """A connection, and what Login was answered."""
    account = {"username": USER, "secret": secret} if LOGIN == "plain" else {}
    manager = Manager(loop=asyncio.get_running_loop(), host=HOST, port=PORT, **account)
    await manager.connect()
    if LOGIN == "plain":
        return manager, await manager.authenticated_future
    challenge = await manager.send_action({"Action": "Challenge", "AuthType": "MD5"})
    login = {"Action": "Login", "AuthType": "MD5", "Username": USER, "Key": key(challenge.Challenge, secret)}
    return manager, await manager.send_action(login)


async def main():
    manager, answer = await log_in(SECRET)
    step("login", answer.success and answer.message == "Authentication accepted", answer)

    refused, answer = await log_in(WRONG)
    refused.close()
    step("refused", not answer.success and answer.message == "Authentication failed", answer)

    answer = await manager.send_action({"Action": "Ping"})
    step("ping", answer.success and answer.ping == "Pong", answer)

    answer = await manager.send_action({"Action": "Events", "EventMask": "user"})
    step("subscribe", answer.success and answer.events == "On", answer)

    own = asyncio.Event()

    @manager.register_event("UserEvent")
    def seen(_, event):
        if event.UserEvent == "Hello" and event.Token == TOKEN:
            own.set()

    answer = await manager.send_action({"Action": "UserEvent", "UserEvent": "Hello", "Token": TOKEN})
    if answer.success:
        await asyncio.wait_for(own.wait(), PATIENCE)
    step("event", answer.success, answer)

    answer = await manager.send_action({"Action": "CoreStatus"})
    step("denied", not answer.success and answer.message == "Permission denied", answer)

    answer = await manager.send_action({"Action": "Logoff"})
    manager.close()
    step("logoff", answer.response == "Goodbye", answer)


asyncio.run(main())
