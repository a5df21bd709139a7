// What the clients for Node share: HOST PORT USER SECRET, one line for each step, and an end in any case.
'use strict';

const [host, port, user, secret] = process.argv.slice(2);
const patience = Number(process.env.PATIENCE || 10) * 1000;

function end(why) {
  console.error(why);
  process.exit(1);
}

// It also keeps the program from ending when nothing more is to come.
setTimeout(end, 30000, 'not done after 30 s');

// Says that a step went as it should, or ends the program.
function step(name, holds, saw) {
  if (!holds) end(`${name}: ${saw instanceof Error ? saw.message : JSON.stringify(saw)}`);
  console.log(name);
}

function within(milliseconds, promise) {
  return Promise.race([promise, new Promise((_, no) => setTimeout(no, milliseconds, new Error('nothing came')))]);
}

function start(main) {
  main().then(() => process.exit(0), (error) => end(error.stack || error));
}

module.exports = { host, port, user, secret, wrong: secret + '-not', token: `node-${process.pid}`, patience, step, within, start };
