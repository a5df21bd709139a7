// asterisk-manager: callbacks, and events by their names.
'use strict';

const Manager = require('asterisk-manager');
const { host, port, user, secret, wrong, token, patience, step, within, start } = require('./common');

// A connection, and what Login was answered: an error, or nothing.
function logIn(password) {
  const manager = new Manager(undefined, host, user, password, true);
  return new Promise((done) => {
    manager.connect(port, host, () => manager.login((error) => done([manager, error])));
  });
}

// What an action was answered, whether that is an error or not.
function ask(manager, action) {
  return new Promise((done) => manager.action(action, (error, answer) => done(error || answer)));
}

start(async () => {
  const [manager, failed] = await logIn(secret);
  step('login', !failed, failed);

  const [refused, failure] = await logIn(wrong);
  refused.disconnect();
  step('refused', failure && failure.response === 'Error' && failure.message === 'Authentication failed', failure);

  let answer = await ask(manager, { action: 'Ping' });
  step('ping', answer.response === 'Success' && answer.ping === 'Pong', answer);

  answer = await ask(manager, { action: 'Events', eventmask: 'user' });
  step('subscribe', answer.response === 'Success' && answer.events === 'On', answer);

  const own = new Promise((done) => {
    manager.on('userevent-hello', (event) => event.token === token && done(event));
  });
  answer = await ask(manager, { action: 'UserEvent', userevent: 'Hello', token });
  if (answer.response === 'Success') await within(patience, own);
  step('event', answer.response === 'Success', answer);

  answer = await ask(manager, { action: 'CoreStatus' });
  step('denied', answer.response === 'Error' && answer.message === 'Permission denied', answer);

  answer = await ask(manager, { action: 'Logoff' });
  step('logoff', answer.response === 'Goodbye', answer);
});
