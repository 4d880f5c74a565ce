# SPDX-License-Identifier: BSD-2-Clause
# What operators get wrong in slo_store, and what `nginx -t` says of it: place, cause, remedy, and never a secret.
use strict;
use warnings;
use lib 't/lib';
use SloTest;
use SloTest::Mistakes;

mistakes(<<'TABLE');
=== an @ and a slash in a password
slo_store redis://slo:hun@hunter/2@127.0.0.1:6379;
[emerg] "slo_store": the URL must have a database number as its path; in its user and password percent-encode "/" as %2F, "?" as %3F, "#" as %23, "@" as %40, ":" as %3A, "%" as %25, or use "user=" and "password_file=" in http.conf:1
=== an @ in a password
slo_store redis://slo:hunter@2@127.0.0.1:6379;
[emerg] "slo_store": the URL is not a URI (RFC 3986) at byte 21; in its user and password percent-encode "/" as %2F, "?" as %3F, "#" as %23, "@" as %40, ":" as %3A, "%" as %25, or use "user=" and "password_file=" in http.conf:1
=== a slash in a password
slo_store redis://slo:hunter/2@127.0.0.1:6379;
[emerg] "slo_store": the URL is not a URI (RFC 3986) at byte 19; in its user and password percent-encode "/" as %2F, "?" as %3F, "#" as %23, "@" as %40, ":" as %3A, "%" as %25, or use "user=" and "password_file=" in http.conf:1
=== a slash behind digits, which look like a port
slo_store redis://hunter:11/2@127.0.0.1:6379;
[emerg] "slo_store": the URL must have a database number as its path; in its user and password percent-encode "/" as %2F, "?" as %3F, "#" as %23, "@" as %40, ":" as %3A, "%" as %25, or use "user=" and "password_file=" in http.conf:1
=== a question mark in a password
slo_store redis://hunter?2@127.0.0.1:6379;
[emerg] "slo_store": the URL must have neither a query nor a fragment; in its user and password percent-encode "/" as %2F, "?" as %3F, "#" as %23, "@" as %40, ":" as %3A, "%" as %25, or use "user=" and "password_file=" in http.conf:1
=== a hash in a password
slo_store redis://hunter#2@127.0.0.1:6379;
[emerg] "slo_store": the URL must have neither a query nor a fragment; in its user and password percent-encode "/" as %2F, "?" as %3F, "#" as %23, "@" as %40, ":" as %3A, "%" as %25, or use "user=" and "password_file=" in http.conf:1
=== a broken escape in a password
slo_store redis://slo:hunter%zz@127.0.0.1:6379;
[emerg] "slo_store": the URL is not a URI (RFC 3986) at byte 20; in its user and password percent-encode "/" as %2F, "?" as %3F, "#" as %23, "@" as %40, ":" as %3A, "%" as %25, or use "user=" and "password_file=" in http.conf:1
=== a password for a socket
slo_store unix://slo:hunter2@/run/redis.sock;
[emerg] "slo_store": the URL must end in a database number behind the last colon; in its user and password percent-encode "/" as %2F, "?" as %3F, "#" as %23, "@" as %40, ":" as %3A, "%" as %25, or use "user=" and "password_file=" in http.conf:1
=== a password for a socket, behind it
slo_store unix:/run/redis.sock:hunter2;
[emerg] "slo_store": the URL must end in a database number behind the last colon; write redis://[user:password@]host[:port][/database], rediss://... or unix:/path[:database], for several servers redis-cluster://... or redis-sentinel://... in http.conf:1
=== a password without a scheme
slo_store hunter2:hunter3@127.0.0.1;
[emerg] "slo_store": the URL has no scheme; in its user and password percent-encode "/" as %2F, "?" as %3F, "#" as %23, "@" as %40, ":" as %3A, "%" as %25, or use "user=" and "password_file=" in http.conf:1
=== a password before a scheme that does not exist
slo_store hunter2://slo:hunter3@127.0.0.1;
[emerg] "slo_store": the URL has an unknown scheme; in its user and password percent-encode "/" as %2F, "?" as %3F, "#" as %23, "@" as %40, ":" as %3A, "%" as %25, or use "user=" and "password_file=" in http.conf:1
=== a password in an option that does not exist
slo_store redis://127.0.0.1 password=hunter2;
[emerg] invalid parameter "password=" in "slo_store" directive, known are "zone=", "prefix=", "timeout=", "wait=", "user=", "password_file=", "ca=", "certificate=", "key=", "secret_file=", "marks=", "sentinel_user=", "sentinel_password_file=", "sentinel_tls=", "sentinel_ca=", "sentinel_certificate=", "sentinel_key=" in http.conf:1
=== a password between the options
slo_store redis://127.0.0.1 user=slo hunter2;
[emerg] invalid parameter in "slo_store" directive, known are "zone=", "prefix=", "timeout=", "wait=", "user=", "password_file=", "ca=", "certificate=", "key=", "secret_file=", "marks=", "sentinel_user=", "sentinel_password_file=", "sentinel_tls=", "sentinel_ca=", "sentinel_certificate=", "sentinel_key=" in http.conf:1
=== a password that ends in =, between the options
slo_store redis://127.0.0.1 user=slo hunterTWO=;
[emerg] invalid parameter in "slo_store" directive, known are "zone=", "prefix=", "timeout=", "wait=", "user=", "password_file=", "ca=", "certificate=", "key=", "secret_file=", "marks=", "sentinel_user=", "sentinel_password_file=", "sentinel_tls=", "sentinel_ca=", "sentinel_certificate=", "sentinel_key=" in http.conf:1
=== no scheme
slo_store 127.0.0.1:6379;
[emerg] "slo_store": the URL has no scheme, write "redis://127.0.0.1:6379" in http.conf:1
=== no scheme, a name
slo_store redis.internal:6379/1;
[emerg] "slo_store": the URL has no scheme, write "redis://redis.internal:6379/1" in http.conf:1
=== no scheme, a socket
slo_store /run/redis.sock;
[emerg] "slo_store": the URL has no scheme, write "unix:/run/redis.sock" in http.conf:1
=== no slashes
slo_store redis:127.0.0.1:6379;
[emerg] "slo_store": the URL must have "//" behind its scheme; write redis://[user:password@]host[:port][/database], rediss://... or unix:/path[:database], for several servers redis-cluster://... or redis-sentinel://... in http.conf:1
=== a socket by the wrong scheme
slo_store redis:///run/redis.sock;
[emerg] "slo_store": the URL names no host, write "unix:/run/redis.sock" for a socket in http.conf:1
=== two slashes for a socket
slo_store unix:///run/redis.sock;
[emerg] "slo_store": the URL must have one slash behind "unix:"; write redis://[user:password@]host[:port][/database], rediss://... or unix:/path[:database], for several servers redis-cluster://... or redis-sentinel://... in http.conf:1
=== an unknown scheme
slo_store http://127.0.0.1:6379;
[emerg] "slo_store": the URL has an unknown scheme; write redis://[user:password@]host[:port][/database], rediss://... or unix:/path[:database], for several servers redis-cluster://... or redis-sentinel://... in http.conf:1
=== a port out of range
slo_store redis://127.0.0.1:66379;
[emerg] "slo_store": the URL must have a port of 1 to 65535; write redis://[user:password@]host[:port][/database], rediss://... or unix:/path[:database], for several servers redis-cluster://... or redis-sentinel://... in http.conf:1
=== a port that is none
slo_store redis://127.0.0.1:redis;
[emerg] "slo_store": the URL is not a URI (RFC 3986) at byte 24; write redis://[user:password@]host[:port][/database], rediss://... or unix:/path[:database], for several servers redis-cluster://... or redis-sentinel://... in http.conf:1
=== a database that is no number
slo_store redis://127.0.0.1/sessions;
[emerg] "slo_store": the URL must have a database number as its path; write redis://[user:password@]host[:port][/database], rediss://... or unix:/path[:database], for several servers redis-cluster://... or redis-sentinel://... in http.conf:1
=== a query
slo_store redis://127.0.0.1?db=1;
[emerg] "slo_store": the URL must have neither a query nor a fragment; write redis://[user:password@]host[:port][/database], rediss://... or unix:/path[:database], for several servers redis-cluster://... or redis-sentinel://... in http.conf:1
=== no host
slo_store redis://:6379;
[emerg] "slo_store": the URL names no host; write redis://[user:password@]host[:port][/database], rediss://... or unix:/path[:database], for several servers redis-cluster://... or redis-sentinel://... in http.conf:1
=== sentinels without a master
slo_store redis-sentinel://127.0.0.1:26379;
[emerg] "slo_store": the URL must have the master's name behind the sentinels: letters, digits, ".", "_" and "-"; write redis-sentinel://[user:password@]host[:port][,host[:port]].../master[/database] in http.conf:1
=== two commas between sentinels
slo_store redis-sentinel://127.0.0.1:26379,,127.0.0.2/main;
[emerg] "slo_store": the URL must name each sentinel as host or host:port, with a port of 1 to 65535, and a comma between two; write redis-sentinel://[user:password@]host[:port][,host[:port]].../master[/database] in http.conf:1
=== a sentinel's port out of range
slo_store redis-sentinel://127.0.0.1:66379/main;
[emerg] "slo_store": the URL must name each sentinel as host or host:port, with a port of 1 to 65535, and a comma between two; write redis-sentinel://[user:password@]host[:port][,host[:port]].../master[/database] in http.conf:1
=== no sentinel
slo_store redis-sentinel:///main;
[emerg] "slo_store": the URL names no sentinel; write redis-sentinel://[user:password@]host[:port][,host[:port]].../master[/database] in http.conf:1
=== a database behind a master that is no number
slo_store redis-sentinel://127.0.0.1/main/sessions;
[emerg] "slo_store": the URL must have a database number behind the master's name; write redis-sentinel://[user:password@]host[:port][,host[:port]].../master[/database] in http.conf:1
=== an @ in a password before sentinels
slo_store redis-sentinel://slo:hunter@2@127.0.0.1/main;
[emerg] "slo_store": the URL must have one "@" at most, before its hosts; in its user and password percent-encode "/" as %2F, "?" as %3F, "#" as %23, "@" as %40, ":" as %3A, "%" as %25, or use "user=" and "password_file=" in http.conf:1
=== a slash in a password before sentinels
slo_store redis-sentinel://slo:hunter/2@127.0.0.1/main;
[emerg] "slo_store": the URL must have one "@" at most, before its hosts; in its user and password percent-encode "/" as %2F, "?" as %3F, "#" as %23, "@" as %40, ":" as %3A, "%" as %25, or use "user=" and "password_file=" in http.conf:1
=== a broken escape in a password before sentinels
slo_store redis-sentinel://slo:hunter%zz@127.0.0.1/main;
[emerg] "slo_store": the URL has a broken percent escape in its user or password; in its user and password percent-encode "/" as %2F, "?" as %3F, "#" as %23, "@" as %40, ":" as %3A, "%" as %25, or use "user=" and "password_file=" in http.conf:1
=== no slashes before sentinels
slo_store redis-sentinel:127.0.0.1/main;
[emerg] "slo_store": the URL must have "//" behind its scheme; write redis://[user:password@]host[:port][/database], rediss://... or unix:/path[:database], for several servers redis-cluster://... or redis-sentinel://... in http.conf:1
=== a sentinel's user without a password
slo_store redis-sentinel://127.0.0.1/main sentinel_user=slo;
[emerg] "slo_store": sentinel_user= needs a password; add sentinel_password_file= in http.conf:1
=== a sentinel's password where there is none
slo_store redis://127.0.0.1 sentinel_password_file=/nowhere;
[emerg] "slo_store": parameters that begin with "sentinel_" need a URL of redis-sentinel:// in http.conf:1
=== TLS to sentinels, or not
slo_store redis-sentinel://127.0.0.1/main sentinel_tls=yes;
[emerg] invalid parameter "sentinel_tls=" in "slo_store" directive, it must be "on" or "off" in http.conf:1
=== a certificate for sentinels that are called without TLS
slo_store redis-sentinel://127.0.0.1/main sentinel_ca=/nowhere;
[emerg] "slo_store": sentinel_ca=, sentinel_certificate= and sentinel_key= need "sentinel_tls=on" in http.conf:1
=== a certificate for servers that are called without TLS
slo_store redis-sentinel://127.0.0.1/main sentinel_tls=on ca=/nowhere;
[emerg] "slo_store": ca=, certificate= and key= need TLS: begin the URL with rediss-sentinel:// in http.conf:1
=== a database in a cluster
slo_store redis-cluster://127.0.0.1:7000/1;
[emerg] "slo_store": the URL must end with its nodes: a cluster has one database, and no master with a name; write redis-cluster://[user:password@]host[:port][,host[:port]]... in http.conf:1
=== a cluster without nodes
slo_store redis-cluster://;
[emerg] "slo_store": the URL names no node; write redis-cluster://[user:password@]host[:port][,host[:port]]... in http.conf:1
=== a cluster's port out of range
slo_store redis-cluster://127.0.0.1:7000,127.0.0.1:77777;
[emerg] "slo_store": the URL must name each node as host or host:port, with a port of 1 to 65535, and a comma between two; write redis-cluster://[user:password@]host[:port][,host[:port]]... in http.conf:1
=== an @ in a password before nodes
slo_store redis-cluster://slo:hunter@2@127.0.0.1;
[emerg] "slo_store": the URL must have one "@" at most, before its hosts; in its user and password percent-encode "/" as %2F, "?" as %3F, "#" as %23, "@" as %40, ":" as %3A, "%" as %25, or use "user=" and "password_file=" in http.conf:1
=== no slashes before nodes
slo_store redis-cluster:127.0.0.1;
[emerg] "slo_store": the URL must have "//" behind its scheme; write redis://[user:password@]host[:port][/database], rediss://... or unix:/path[:database], for several servers redis-cluster://... or redis-sentinel://... in http.conf:1
=== files of TLS before a cluster that is called without
slo_store redis-cluster://127.0.0.1 ca=/nowhere;
[emerg] "slo_store": ca=, certificate= and key= need TLS: begin the URL with rediss-cluster:// in http.conf:1
=== a sentinel's password before a cluster
slo_store redis-cluster://127.0.0.1 sentinel_password_file=/nowhere;
[emerg] "slo_store": parameters that begin with "sentinel_" need a URL of redis-sentinel:// in http.conf:1
=== a store that is down for ever
slo_store redis://127.0.0.1 timeout=0;
[emerg] invalid parameter "timeout=0" in "slo_store" directive, it must be greater than zero in http.conf:1
=== a store twice
slo_store redis://127.0.0.1;
slo_store redis://127.0.0.1;
[emerg] "slo_store" directive is duplicate in http.conf:2
=== a store that is waited for too long
slo_store unix:/nowhere.sock timeout=1h;
[emerg] invalid parameter "timeout=" in "slo_store" directive, it must be at most 60 seconds: users wait so long in http.conf:1
=== replicas without a time
slo_store unix:/nowhere.sock wait=1;
[emerg] invalid parameter "wait=" in "slo_store" directive, write replicas and a time, as in "wait=1,100ms" in http.conf:1
=== a time that is none
slo_store unix:/nowhere.sock wait=1,soon;
[emerg] invalid parameter "wait=" in "slo_store" directive, write replicas and a time, as in "wait=1,100ms" in http.conf:1
=== replicas that are no number
slo_store unix:/nowhere.sock wait=all,100ms;
[emerg] invalid parameter "wait=" in "slo_store" directive, write replicas and a time, as in "wait=1,100ms" in http.conf:1
=== replicas below nought
slo_store unix:/nowhere.sock wait=-1,100ms;
[emerg] invalid parameter "wait=" in "slo_store" directive, write replicas and a time, as in "wait=1,100ms" in http.conf:1
=== no replicas to wait for
slo_store unix:/nowhere.sock wait=0,100ms;
[emerg] invalid parameter "wait=" in "slo_store" directive, replicas must be 1 to 64 in http.conf:1
=== more replicas than anybody has
slo_store unix:/nowhere.sock wait=65,100ms;
[emerg] invalid parameter "wait=" in "slo_store" directive, replicas must be 1 to 64 in http.conf:1
=== no time to wait
slo_store unix:/nowhere.sock wait=1,0;
[emerg] invalid parameter "wait=" in "slo_store" directive, its time must be greater than zero in http.conf:1
=== to wait as long as for the store itself
slo_store unix:/nowhere.sock timeout=500ms wait=1,500ms;
[emerg] invalid parameter "wait=" in "slo_store" directive, its time must be less than "timeout=" in http.conf:1
TABLE
