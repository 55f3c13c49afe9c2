# playback in Perl, four processes: asks discovery and sona for each stream. Environment: PORT, DOWNSTREAM (their URLs).
use strict;
use warnings;
use IO::Socket::INET;

my $listener = IO::Socket::INET->new(Listen => 50, LocalAddr => "127.0.0.1:$ENV{PORT}", ReuseAddr => 1) or die "playback: $@\n";
my @children;
for (1 .. 4) {
  my $pid = fork // die "playback: $!\n";
  if (!$pid) { serve() while 1 }
  push @children, $pid;
}
$SIG{TERM} = sub { kill TERM => @children; exit };
1 while wait != -1;

sub serve {
  my $client = $listener->accept or return;
  while (defined(my $line = <$client>)) {
    my ($method, $path) = $line =~ m{^(\w+) (\S+) HTTP/1} or last;
    my $length = 0;
    while (defined(my $header = <$client>)) {
      last if $header =~ /^\r?\n/;
      $length = $1 if $header =~ /^Content-Length: *(\d{1,6})/i;
    }
    read $client, my $body, $length if $length;
    my $status = status($method, $path, $length);
    print $client "HTTP/1.1 $status Status\r\nContent-Length: 2\r\n\r\nok";
    $client->flush;
  }
}

sub status {
  my ($method, $path, $length) = @_;
  return $length ? 201 : 400 if $method eq 'POST';
  return 200 if $path eq '/healthz';
  return 500 if $path eq '/fail';
  if ($path eq '/slow') { select undef, undef, undef, 0.3 + rand 0.5; return 200 }
  my ($id) = $path =~ m{^/streams/(\d{1,9})$} or return 404;
  return 404 if $id > 1000;
  for my $url (split ' ', $ENV{DOWNSTREAM}) {
    my ($host, $where) = $url =~ m{^http://([^/]+)(/.*)$} or next;
    my $server = IO::Socket::INET->new(PeerAddr => $host, Timeout => 5) or return 502;
    print $server "GET $where/$id HTTP/1.1\r\nHost: $host\r\nConnection: close\r\n\r\n";
    1 while <$server>;
  }
  return 200;
}
