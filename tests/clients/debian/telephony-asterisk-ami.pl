# Telephony::Asterisk::AMI: one thing after the other, without any loop of events.
use strict;
use warnings;

use Telephony::Asterisk::AMI;

$| = 1;
$SIG{ALRM} = sub { die "not done after 30 s\n" };
alarm 30;

my ($host, $port, $user, $secret) = @ARGV;
my $token = "perl-$$";
my @events;

sub client {
    return Telephony::Asterisk::AMI->new(
        Host           => $host,
        Port           => $port,
        Username       => $user,
        Secret         => $_[0],
        Event_Callback => sub { push @events, $_[0] },
    );
}

# Says that a step went as it should, or ends the program.
sub step {
    my ($name, $holds, $saw) = @_;
    $saw = join ', ', map { "$_: $saw->{$_}" } sort keys %$saw if ref $saw;
    die "$name: " . ($saw // 'nothing') . "\n" unless $holds;
    print "$name\n";
}

# Whether a message has these headers.
sub says {
    my ($message, %headers) = @_;
    return !grep { ($message->{$_} // '') ne $headers{$_} } keys %headers;
}

# This client's own event, unless it does not come for long.
sub own {
    my ($ami) = @_;
    my $patience = $ENV{PATIENCE} // 10;
    local $SIG{ALRM} = sub { die "event: nothing came\n" };
    alarm $patience;
    until (grep { says($_, Event => 'UserEvent', UserEvent => 'Hello', Token => $token) } @events) {
        my $message = $ami->read_response;
        die "event: $message->{Message}\n" if says($message, Response => 'Error');
        push @events, $message;
    }
    alarm 30;
    return 1;
}

my $ami = client($secret);
step('login', $ami->connect, $ami->error);

my $refused = client("$secret-not");
step('refused', !$refused->connect && $refused->error eq 'Login failed: Authentication failed', $refused->error);

my $answer = $ami->action(Action => 'Ping');
step('ping', says($answer, Response => 'Success', Ping => 'Pong'), $answer);

$answer = $ami->action(Action => 'Events', EventMask => 'user');
step('subscribe', says($answer, Response => 'Success', Events => 'On'), $answer);

$answer = $ami->action(Action => 'UserEvent', UserEvent => 'Hello', Token => $token);
step('event', says($answer, Response => 'Success', Message => 'Event Sent') && own($ami), $answer);

$answer = $ami->action(Action => 'CoreStatus');
step('denied', says($answer, Response => 'Error', Message => 'Permission denied'), $answer);

step('logoff', $ami->disconnect, $ami->error);
