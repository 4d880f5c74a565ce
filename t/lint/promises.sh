#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A promise that nothing tests is a hope: each sentence of the manual that says never, at most, always … stands in t/promises.md
# with the test that holds it.
. "$(dirname "$0")/ours.bash"

# docs/performance.md is left out: its numbers are measured by bench/.
manuals=$(ours '.' '*.md' | grep -E '^(README|SECURITY)\.md$|^docs/|^packaging/|^demo/' | grep -v '^docs/performance\.md$')

# shellcheck disable=SC2086
perl -e '
  my $words = qr/\b(?:never|at most|bounded|constant|always|exactly once|any number)\b/i;
  my (%promised, @rows);
  open my $list, "<", "t/promises.md" or die;
  while (<$list>) {
    my ($file, $text, $test) = /^\| (\S+) \| "(.+)" \| (.+) \|$/ or next;
    push @rows, [$., $file, $text, $test];
    push @{ $promised{$file} }, $text;
  }
  print "t/promises.md:1:no rows\n" if !@rows;
  my %flat;
  for my $manual (@ARGV) {
    open my $in, "<", $manual or die;
    my ($fenced, $line, @pieces) = (0, 0);
    while (<$in>) {
      ++$line;
      $fenced ^= 1 if /^\s*```/;
      next if $fenced || /^\s*```/;
      push @pieces, [$line, "\n"] if /^\s*$/ || /^\s*(?:[-*|#]|\d+\.)/;
      s/`[^`]*`/$& =~ tr{|.:;?!}{\x01-\x06}r/ge;  # code ends no sentence
      for my $word (split) { push @pieces, [$line, $word] }
    }
    my ($text, %at) = ("");
    for (@pieces) { $at{ length $text } = $_->[0]; $text .= $_->[1] eq "\n" ? "\n" : "$_->[1] " }
    $flat{$manual} = $text =~ tr/\x01-\x06/|.:;?!/r =~ s/\n/ /gr =~ s/ +/ /gr;
    while ($text =~ /([^\n]*?(?:[.:;?!]\s|\||\n|\z))/g) {
      my ($sentence, $start) = ($1, $-[1]);
      next if $sentence =~ s/`[^`]*`//gr !~ $words;  # code may be called so
      (my $plain = $sentence) =~ s/\s+/ /g;
      $plain =~ tr/\x01-\x06/|.:;?!/;
      next if grep { index($plain, $_) >= 0 || index($_, $plain =~ s/^ | $//gr) >= 0 } @{ $promised{$manual} };
      my ($nearest) = sort { $b <=> $a } grep { $_ <= $start + $-[0] } keys %at;
      print "$manual:", $at{$nearest} // 1, ":$plain\n";
    }
  }
  for (@rows) {
    my ($n, $file, $text, $test) = @$_;
    $flat{$file} //= do { local (@ARGV, $/) = $file; (-f $file ? <> : "") =~ s/\s+/ /gr };
    print "t/promises.md:$n:$file does not say \"$text\"\n" if index($flat{$file} // "", $text) < 0;
    next if $test =~ /^(?:no promise|untested): /;
    for (split /; /, $test) {
      my ($where, $name) = /^(\S+): (.+)$/ or do { print "t/promises.md:$n:no test in \"$_\"\n"; next };
      open my $in, "<", $where or do { print "t/promises.md:$n:$where is not there\n"; next };
      my $tests = do { local $/; <$in> };
      print "t/promises.md:$n:$where has no \"$name\"\n" if index($tests, $name) < 0;
    }
  }' $manuals | breaches 'say it in t/promises.md, with its test ("no promise: …" where it is none, "untested: …" where nobody has tried), or say it in other words'
done_linting
