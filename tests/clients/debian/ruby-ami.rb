# ruby-ami: actors, and answers that are errors raised.

require 'digest'
require 'securerandom'
require 'timeout'
require 'ruby_ami'

$stdout.sync = true
Celluloid.logger = nil
HOST, PORT, USER, SECRET, LOGIN = ARGV
TOKEN = "ruby-#{Process.pid}".freeze
PATIENCE = Float(ENV.fetch('PATIENCE', '10'))

# Says that a step went as it should, or ends the program.
def step(name, holds, saw = nil)
  abort "#{name}: #{saw.inspect}" unless holds
  puts name
end

# A stream that is connected, and the queue that its events come in. With a secret it logs in by itself.
def stream(secret = nil)
  events = Queue.new
  stream = RubyAMI::Stream.new HOST, Integer(PORT), (USER if secret), secret, ->(event) { events << event }
  stream.async.run
  wait_for(events) { |event| event.is_a? RubyAMI::Stream::Connected }
  [stream, events]
end

# The first event that is wanted. The server closing the connection ends the wait.
def wait_for(events)
  Timeout.timeout(PATIENCE) do
    loop do
      event = events.pop
      return event if yield event
      abort 'the connection is closed' if event.is_a? RubyAMI::Stream::Disconnected
    end
  end
end

# What an action was answered, whether that is an error or not.
def ask(stream, name, headers = {})
  stream.send_action name, headers
rescue RubyAMI::Error => e
  e
end

def log_in(stream, secret)
  return ask(stream, 'Login', 'Username' => USER, 'Secret' => secret) if LOGIN == 'plain'
  challenge = ask(stream, 'Challenge', 'AuthType' => 'MD5')['Challenge']
  ask stream, 'Login', 'Username' => USER, 'AuthType' => 'MD5', 'Key' => Digest::MD5.hexdigest(challenge + secret)
end

def run
  if LOGIN == 'plain'
    # The stream keeps to itself what its Login was answered. Who is logged in is told this.
    client, events = stream SECRET
    step 'login', wait_for(events) { |event| event.respond_to?(:name) && event.name == 'FullyBooted' }
  else
    client, events = stream
    answer = log_in client, SECRET
    step 'login', answer['Message'] == 'Authentication accepted', answer
  end

  answer = log_in stream.first, "#{SECRET}-not"
  step 'refused', answer.is_a?(RubyAMI::Error) && answer.message == 'Authentication failed', answer

  answer = ask client, 'Ping'
  step 'ping', answer['Ping'] == 'Pong', answer

  answer = ask client, 'Events', 'EventMask' => 'user'
  step 'subscribe', answer['Events'] == 'On', answer

  answer = ask client, 'UserEvent', 'UserEvent' => 'Hello', 'Token' => TOKEN
  step 'event', answer['Message'] == 'Event Sent' && wait_for(events) { |event|
    event.respond_to?(:name) && event['UserEvent'] == 'Hello' && event['Token'] == TOKEN
  }, answer

  answer = ask client, 'CoreStatus'
  step 'denied', answer.is_a?(RubyAMI::Error) && answer.message == 'Permission denied', answer

  answer = ask client, 'Logoff'
  step 'logoff', answer['Message'] == 'Thanks for all the fish.', answer
end

Timeout.timeout(30) { run }
# Actors that are gone may not be told to go again.
exit! true
