// SPDX-License-Identifier: BSD-2-Clause
// More keys made for the tests of jose alone. They protect nothing.
#pragma once

#include <string_view>

namespace slo::jose_test_keys {

// test_keys::rsa_2048 as PKCS#1.
inline constexpr std::string_view rsa_2048_pkcs1 = R"pem(-----BEGIN RSA PRIVATE KEY-----
MIIEpAIBAAKCAQEA4i96ViYIl+XFiVgvc3RC4K5NHLW4AWOAvxVIteaFpThbkkb4
AM9TW89oRuDdMKoGJl/35kfYXuiqQNICtRJ0CjIMbrKLgBDe1r9kfw7zD0Pz32Y3
WjVvuqiL+ZFwBCN/N5rqFPHIpfmkXl1KJTDMMYRXfI8dqG607ck2q/vt5hmEKITH
Be9DRPlpTrGO5zEzEtR0daWCKjBWZA3DVAD6oKmB4or00PW0wR6/Q1VrQCjCMmZe
p5vYOTJqGSQQo62P2v6LDnctXLpLRbo5aPfvsgPmSix0E6pjkmdBw2OBFA2PMxyK
WQBYH9G7Lv5pnmnjKX+Jqxf4QtM7uNoOVioeYQIDAQABAoIBAAbLN0j8JnjtiWPp
Nq+ol9Oo2J8apDbCdt0GdiMkk/IVAccgg5V+pLnWvoKWgX5TNREVA9yyXsDnCyoc
RMGMltixjScMDN2hZBgeMpYQbGOSfnJA3zvB7CO2qVGrOSqeqFUSvaI4avb1Sycc
dTwtvYxlNb2DjPgAr0WPLCm5TPmCzznVwcm2Do6GRfXiRaK7FEwVHYq1D2biVhAF
qgPmCylCzesWMuNkZWdhRO03Q+9JRil4TkUS17FodrqSqJgjBPw7oc7r5UoPjOwo
UnsxYCq/4pvkJl/x5n7b+hwKt60xxjrZuUk2d7Tq27tBGkRBidgpjDmd2qKK9mTA
6AQgxcMCgYEA+ziXMWbAiy8E2l4y5vbH8WB/Hn0+aRiaMfZuGb+/H5WUP1NlAa6f
URuZm12Egl5AA+evQdeHqsrd9LBa7Tcw1oRn9eH+F3hOf2+AhJ4uMlSoufLUEFe7
+kghLqv4h1yBzJFaEaxBusHLJPRpw7sbOVZK/iZULK7rXQDa1rhnj5cCgYEA5nz3
tlVFLr6FG+QsycBUk0fmdBl8m1G7/kcI7n8d47eIEb1+xqVS+DDYItv48eoCkIxU
Lf6vvtt8K6rMwgtTjD5iTEZTeWKGEXNbXuSvrum8iGEhWDZmpg3OC0k/tLziYdwX
op+kSlivb2UQIEgeukABMMngDEpJJ4SGG3TSgMcCgYEAuerekbPeaOLqL4UpHJ6j
x/HHAdRkfLi1XKZoQuwR0JkNNnRMOxt1UjwfyMhDyYtgysMKg6qy/2XVL0HYeNew
cAFbQq/2MH5bcZoePYcm3x6iI8Mex912AzqgO/8PFXYTpUYopw2ZM1I6OeYb47uz
4RIIu9+3yb3F93Urf17HXY8CgYEAhRHPPkC6wYMTfIfe59gXvDR9s7fnPhERVXwT
hwZy7j7O21cpM2zNmycwEegoMRrmwieSjj+Fnc5AQUHKF5nMcaKuw9SyatlcCAUu
0nl7iKO/yokxZCl8WBCOTevLUQDgPpmAN86tXpMXLlwN1GVvAB7l0RIsPUxCMgOM
HZvz0I8CgYBPg3pOGCpUHLN1bCbfL/kc722yE3Qx8hXlDs9nZ29RxYFdgRuGkqCr
GHr6WX5wes70vpywNSdKaeJlrttqzaQPvBuuOzu+Oco3Mnmdax/F8KOm9o75jl4E
581attEHoH3XbB6qB5MTI6OLRdAoPnafHLlZHa3cpqMkvCJAl1QGkA==
-----END RSA PRIVATE KEY-----
)pem";

// test_keys::p256 as SEC1, with the parameters that `openssl ecparam -genkey` writes before it.
inline constexpr std::string_view p256_sec1 = R"pem(-----BEGIN EC PARAMETERS-----
BggqhkjOPQMBBw==
-----END EC PARAMETERS-----
-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIB1+qg+F2nkRrorve7A4F7BL0tueVYhNg+GBC7YxfrTBoAoGCCqGSM49
AwEHoUQDQgAErLuCnKDWDD3CZZiBD1f9kymNoZZxPcZQkYofO04ohgfqYwJrhS+s
drCy/doLrh37Jboo42h6E0W5PlVA7E93NA==
-----END EC PRIVATE KEY-----
)pem";

// test_keys::p256 with a passphrase.
inline constexpr std::string_view p256_encrypted = R"pem(-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgiB1O9oRPguwICCAAw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEOq1e+/u4ghjsfkz/TM4HTMEgZCR
T+TDGO0tyzyTe2tPr3uywtDNv0MRrxYBmmo1JIBk7y8WiSIyKqp7/imjEMfgSsCA
IbwP0ln8mYua3dhhwOy5wl44sbXfISU0BqXCsKbSuT5uyS3OXcDhsT01N8pscspM
ssC85pZ6t4YnuaoorSBFO+cigiSUuQUZIM/4DBFduXHsb1fFjMAov5j7HhBHGhw=
-----END ENCRYPTED PRIVATE KEY-----
)pem";

// The same in the old way.
inline constexpr std::string_view p256_sec1_encrypted = R"pem(-----BEGIN EC PRIVATE KEY-----
Proc-Type: 4,ENCRYPTED
DEK-Info: AES-128-CBC,787F9AF14F9B90833B51D604F8AE1A3F

lF3ZkbVAsE6+XsQtBShu2gHQNk9GlHOpPoQg/5ea7f6ZFeKako+fhvgiHzjppb0I
AYfL3Xhpku/m7QVU8cmTKB3CXDB/3ISRqxu6jms3nwI6mfLhCqVO3yUPdcYGRHqQ
GR9gS71gEwvzwHIG2rWKkDo0x/UYn3AEqzmxIeTECak=
-----END EC PRIVATE KEY-----
)pem";

// The public half of test_keys::p256.
inline constexpr std::string_view p256_public = R"pem(-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAErLuCnKDWDD3CZZiBD1f9kymNoZZx
PcZQkYofO04ohgfqYwJrhS+sdrCy/doLrh37Jboo42h6E0W5PlVA7E93NA==
-----END PUBLIC KEY-----
)pem";

// ES512.
inline constexpr std::string_view p521 = R"pem(-----BEGIN PRIVATE KEY-----
MIHuAgEAMBAGByqGSM49AgEGBSuBBAAjBIHWMIHTAgEBBEIBu+pZFL+m3ZpXLItn
lQytSSnF4IIMl4/ZiCmrXU8U1T3Ms/4dFXIfLbrNQl7ojC6+TgM+xtQUuP+uNu8j
1R97PnahgYkDgYYABAD/5tSZBQPrpNikf3w5E69OIpddQsZ8rp1fKDV39Ko82hS9
n5wFmJXfHuPW7Ht/sPTpyp7/3q0CXKvkShkLmb+n2AAQoayvVyW2u0k8JkEXwKX4
bZDYbDSoopoCsBlyKBdPlxG6Zxe88dYlre71FgiYwJUqkR/ccUuWj49xlAv6T7sA
TA==
-----END PRIVATE KEY-----
)pem";

// A curve we do not serve.
inline constexpr std::string_view secp256k1 = R"pem(-----BEGIN PRIVATE KEY-----
MIGEAgEAMBAGByqGSM49AgEGBSuBBAAKBG0wawIBAQQgInpN93yW7rIPEtHgpZgW
pda21+v47LH0yQREA7eISZahRANCAASp6Z1aMFYir6VsUtYT9fI0TuumnJTmdV4f
dWb1sNjoj1rfzVdmWjUzMDNlobCG9rHkAUwA1ILswq4kPTWJCESd
-----END PRIVATE KEY-----
)pem";

// A type we do not serve.
inline constexpr std::string_view x25519 = R"pem(-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VuBCIEIBgfThfL8VTSAhrXFF3ACrQfPNocU/zZwVaBp9ptk0xm
-----END PRIVATE KEY-----
)pem";

// Another one.
inline constexpr std::string_view rsa_pss = R"pem(-----BEGIN PRIVATE KEY-----
MIIEvQIBADALBgkqhkiG9w0BAQoEggSpMIIEpQIBAAKCAQEAl+LKHgaY91QvdMq9
P41ThajUkt5J44Sn1k072C868/LdLt0PJGF4h03/Pa0jpEZvYKWJfJhMl+4BylFZ
Xh18Q0Fh6TEJTYlmDNHanH6n4fbjcX7BEVhryqSjYbPoiSPKkX3ldCov7H2O2wcI
yb3BBRQJCIOkM2pLqQaP7PPc7Yz+sd7yvjHsephXgLU/OJtu5701a+opTy1M5By+
xNKxPE2573pasIsNch0iKO9d8zFuz/S4OPDRPWUPMlf1Amte5mWpppzdXwaEC/pj
9imwaV6cD9td+bmKDm9/QuwSW9FriJ1HKQ6pUBx62yrxZ3N+Gxliq9+C/B+Iz97s
0fEPfwIDAQABAoIBACa0U7YQD1XjfY5hBZXW0URbsAPXInQYf16UYt4ltvuoVWXW
TkACmKC+Jv9UCiOYEVTLCjyWYNpMe+dPEJtznxFSbX1rkgfQrhExPuinO+fQrsfi
uZdOdXV3u+yvWF/uH3Yw41JVV84Hdupoofwq3y+Imf6x8RtrCGnDstR6lj9wTI1y
QH4HC6WN+Fe9uV1fg/SkhjROtJC9BMbrxt1RAqTE+oqmAMpo/np111eSQMaSnT/T
OLfehi/XSgHmJbo2lu6sm3gpZFkjK+oIppOKweLRUKGdEww/d4/0Hw002sO9HOpC
/ZG2GxZGTBiAY/nad/B4QF9ap5uUZVStiK2Fg6kCgYEAxadI33DnpgCgT44TRz2B
9EDspk+oQ5vvlY5amch4R+sRQcApY+ygeGk7XGEoUJNwZnVJuTJwzIz1E/5/rNc4
MVt0t+8fWTLQE4nDzGNx5MPJ8BHT4ON+1AunalEYghB1MCr0eBGDKSN3udO2iMAN
jzPwUQHPFUnO5CL+Gwi7L3cCgYEAxLjXHeXGC7JBNnPO42ppe7EKE0lHm/Ygmzr8
VBr1jj2FeeZTvUiHoNawtTYRQQj4pBDeFDtEGsHX/2pCkBItpky0j8Dfqr9U0Biu
OYMbqBceYyaKU2kLHCviFlG3uhJie9VZSQmtYW8kXH106EdHfkRtE/g9teo8Fq7H
81kD8jkCgYEAhMvgKj+xY9cH3muWiEbLCVCVryfV5ZbfYZxDQw9twOQus/5n0Lsr
FbueJnMgowJsgmpLHiLFpqkOAGD9ZyMynfbUdMA0T7nUE0x8QNaPryPciW9w66ft
jopF8SiLTte/5Jz3o7Qga4No7XFRMo/WjGBZFhQhDiyI1L6t+3viSAECgYEAqq9y
PoeiCX31pShgRuOKeH8Irek0D7dDXUyVqOfnTS5GBJl66M3ol/4PPnuWBuagzcGw
3r75fXnZTszEyjprj1IYjG4d4wm1rgTsDgyaz4KXpBHJjUukDyJoPVNT5UeUWbuo
h321CMglNXbJG8zU1FLMjboi2RdOYaPu60695MkCgYEAqCh3TX0B/iOAFcVlacFw
exzbViqawmdgMUlMY3za6fiXdNxngNTiRdot8z2OxVD/uN9Mjhg65lxMU3Tv8iOR
NYpwjU25I+R4lDxbK95Igj+5reLcqgiC7FdZaY4depHwQmnSUeMLSqLtaBwuULyv
Am9ORJsszbLgKmbgZSKctno=
-----END PRIVATE KEY-----
)pem";

}  // namespace slo::jose_test_keys
