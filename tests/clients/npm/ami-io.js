// ami-io: actions are objects, events come all in one stream.
'use strict';

const ami = require('ami-io');
const { host, port, user, secret, wrong, token, patience, step, within, start } = require('./common');

// A connection, and the name of the event that Login ended with.
function logIn(password) {
  const client = ami.createClient({ host, port, login: user, password, logger: new ami.SilentLogger() });
  return new Promise((done) => {
    for (const ending of ['connected', 'incorrectLogin', 'incorrectServer', 'socketError']) {
      client.on(ending, () => done([client, ending]));
    }
    client.connect();
  });
}

// What an action was answered, whether that is an error or not.
function ask(client, name, headers) {
  const action = new ami.Action.Action(name);
  for (const header in headers) action.set(header, headers[header]);
  return new Promise((done) => client.send(action, (error, answer) => done(error || answer)));
}

start(async () => {
  const [client, ending] = await logIn(secret);
  step('login', ending === 'connected', ending);

  const [, other] = await logIn(wrong);
  step('refused', other === 'incorrectLogin', other);

  let answer = await ask(client, 'Ping');
  step('ping', answer.response === 'Success' && answer.ping === 'Pong', answer);

  answer = await ask(client, 'Events', { EventMask: 'user' });
  // The library has something of its own by the name of `events`.
  step('subscribe', answer.response === 'Success' && answer.incomingData.includes('Events: On'), answer);

  const own = new Promise((done) => {
    client.on('event', (event) => event.userevent === 'Hello' && event.token === token && done(event));
  });
  answer = await ask(client, 'UserEvent', { UserEvent: 'Hello', Token: token });
  if (answer.response === 'Success') await within(patience, own);
  step('event', answer.response === 'Success', answer);

  answer = await ask(client, 'CoreStatus');
  step('denied', answer.response === 'Error' && answer.message === 'Permission denied', answer);

  answer = await ask(client, 'Logoff');
  step('logoff', answer.response === 'Goodbye', answer);
});
