// SPDX-License-Identifier: BSD-2-Clause
// Keys made for these tests and used nowhere else. They protect nothing.
#pragma once

#include <string_view>

namespace slo::test_keys {

// The OP's signing key.
inline constexpr std::string_view rsa_2048 = R"pem(-----BEGIN PRIVATE KEY-----
MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQDiL3pWJgiX5cWJ
WC9zdELgrk0ctbgBY4C/FUi15oWlOFuSRvgAz1Nbz2hG4N0wqgYmX/fmR9he6KpA
0gK1EnQKMgxusouAEN7Wv2R/DvMPQ/PfZjdaNW+6qIv5kXAEI383muoU8cil+aRe
XUolMMwxhFd8jx2obrTtyTar++3mGYQohMcF70NE+WlOsY7nMTMS1HR1pYIqMFZk
DcNUAPqgqYHiivTQ9bTBHr9DVWtAKMIyZl6nm9g5MmoZJBCjrY/a/osOdy1cuktF
ujlo9++yA+ZKLHQTqmOSZ0HDY4EUDY8zHIpZAFgf0bsu/mmeaeMpf4mrF/hC0zu4
2g5WKh5hAgMBAAECggEABss3SPwmeO2JY+k2r6iX06jYnxqkNsJ23QZ2IyST8hUB
xyCDlX6kuda+gpaBflM1ERUD3LJewOcLKhxEwYyW2LGNJwwM3aFkGB4ylhBsY5J+
ckDfO8HsI7apUas5Kp6oVRK9ojhq9vVLJxx1PC29jGU1vYOM+ACvRY8sKblM+YLP
OdXBybYOjoZF9eJForsUTBUdirUPZuJWEAWqA+YLKULN6xYy42RlZ2FE7TdD70lG
KXhORRLXsWh2upKomCME/DuhzuvlSg+M7ChSezFgKr/im+QmX/Hmftv6HAq3rTHG
Otm5STZ3tOrbu0EaREGJ2CmMOZ3aoor2ZMDoBCDFwwKBgQD7OJcxZsCLLwTaXjLm
9sfxYH8efT5pGJox9m4Zv78flZQ/U2UBrp9RG5mbXYSCXkAD569B14eqyt30sFrt
NzDWhGf14f4XeE5/b4CEni4yVKi58tQQV7v6SCEuq/iHXIHMkVoRrEG6wcsk9GnD
uxs5Vkr+JlQsrutdANrWuGePlwKBgQDmfPe2VUUuvoUb5CzJwFSTR+Z0GXybUbv+
Rwjufx3jt4gRvX7GpVL4MNgi2/jx6gKQjFQt/q++23wrqszCC1OMPmJMRlN5YoYR
c1te5K+u6byIYSFYNmamDc4LST+0vOJh3Bein6RKWK9vZRAgSB66QAEwyeAMSkkn
hIYbdNKAxwKBgQC56t6Rs95o4uovhSkcnqPH8ccB1GR8uLVcpmhC7BHQmQ02dEw7
G3VSPB/IyEPJi2DKwwqDqrL/ZdUvQdh417BwAVtCr/Ywfltxmh49hybfHqIjwx7H
3XYDOqA7/w8VdhOlRiinDZkzUjo55hvju7PhEgi737fJvcX3dSt/XsddjwKBgQCF
Ec8+QLrBgxN8h97n2Be8NH2zt+c+ERFVfBOHBnLuPs7bVykzbM2bJzAR6CgxGubC
J5KOP4WdzkBBQcoXmcxxoq7D1LJq2VwIBS7SeXuIo7/KiTFkKXxYEI5N68tRAOA+
mYA3zq1ekxcuXA3UZW8AHuXREiw9TEIyA4wdm/PQjwKBgE+Dek4YKlQcs3VsJt8v
+RzvbbITdDHyFeUOz2dnb1HFgV2BG4aSoKsYevpZfnB6zvS+nLA1J0pp4mWu22rN
pA+8G647O745yjcyeZ1rH8Xwo6b2jvmOXgTnzVq20QegfddsHqoHkxMjo4tF0Cg+
dp8cuVkdrdymoyS8IkCXVAaQ
-----END PRIVATE KEY-----
)pem";

// Another RSA key: a retired one, or a stranger's.
inline constexpr std::string_view other_rsa_2048 = R"pem(-----BEGIN PRIVATE KEY-----
MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQDHWz+5c+7ORbcr
R32Ml4tMXofG1ww/YWpEmt9cE7Fjli7C9lAHbNmTcgHBF/pghUGP63uQkd6ODLgD
UNvu7z25KUcpi9+gJ1vOpu0wqvRz4Zst1Jg8g7SIcayzgz+lX2x9snvjLgYO/wZK
oEzi2U5AoeDYGG4IVk7RdXxTtbzdmRNJ//RIlJjNqNg9e6xJSI0WObLTTD8gfu8p
Uk8djR0YdofrjrAGD97ydGh8ZZUG022xApAy3WMmxnHc4+o9bXdDqcfyE/EC+E3S
qHUZWBwOcjpLpivVp+k9CQH0AgSE82H96fZ9u7YjYFj2gFR3BZ3NKN5lQgFpFa6N
oA0p/YIbAgMBAAECggEAK5DjYjHVtDpEBy8+XqUXif72iRuhz5AIWynFOigLkgnV
+kE9yAGfors9audEjidQ5pS9kiBulHhvFjprddHOmVJN/ORWYHd5drXAC+ywM0rQ
ULmu8zqND2xYI3rBQ/CQkv+YV1NNe6V7yH8zjjeTBEjcDB16nlPOMbQNEXYb6gkQ
0XtdQUTuNPLtbQrp+J3dvPs1R6ok6MLU/XhzP/5WP/+uydt8Q+OHkc3UVY1bz+pZ
Q6rPYt9OrRF4UGeNd0YfopVQ41dx5cjhYLUSFexbF4phg4xxqfQn89Zb+w9kcleN
ffZMSfaX0ni2PdaZ8SP6UOapUMcU5AXi/H7Q11EPMQKBgQDywTgDrOlTVpavPlVy
JTHHOZ+YLTHPLZlR41Mx3p9xvjX8yWiGEUwJVDOwH6F6p/EnPprtr2/aq7DyvASG
sQKceM3GmDQOi6MBuBY6vJkgAem9u2yqbsC78Cv5Uj68NhvqtgBZpG9mavp+GWDw
DBFzO7PL3pyifXCagrT4un379QKBgQDSO9hxXYianzJvWgSIgvhhNmw7s4T+0noe
91KTY5QmJSFI3NOUwAngdkvDomk0RBrYVs4b4zkrKy6RXNy1wcM13mWvVKYy84w5
F7QIVNZq+waE9zgEoVIIcWS9rRtFIYwlNZzazCmRKHZJbRr2mdKJN2M6yiIkM1gF
TqF77VZLzwKBgDCa415JBsa69ZzM/ErIi7j6HqxXkDuNQ7+Tppq7mm0pyqF8qkL9
v522kErZanmmmrBi5p5knB7KdbmET9uwIXe28GytGO84okC73SeRj49LEsP8fPt7
BXgb1JItF4aTxu8t1dAdDnkRPmp1JmWp5OyPraZKQk5+k0c8mIOcw5DpAoGBAJ4g
4WYzoiIbCAZ1QN+lE0mbc8Fb//bjPXO5N2UhCze9ydFSN9q0rzkkAUy/Bj6H02FR
uWmEeWWc70PrAx+7BCeqhfVgyDmesqPmzkVN+pExCvBMOthQtrEfCVUZtV9EInOC
Zd60nbdPJdmItTUy8ga/oGWB0DhGXjhvskrSc4xFAoGBAJFzx/Z7FVCYYclcd3r9
AN7CZu7utD4pWjWUPYObkmYXBBS3ZdgGzDspErwOzmXq1YN9SQg6l3Y1R84cAv6N
Uiv5CaHo/hxpDDDfu7TN0BAkZEbe/97R9BDwY/jy0nDft15eLPCLPS3sWEooWy0L
if4ApF/r7d0Rrcg5Gcls79Ju
-----END PRIVATE KEY-----
)pem";

// Too short to be used.
inline constexpr std::string_view rsa_1024 = R"pem(-----BEGIN PRIVATE KEY-----
MIICdwIBADANBgkqhkiG9w0BAQEFAASCAmEwggJdAgEAAoGBAMRlBC/YvtOqw2TW
LVmOMeHh0myiY5UUDRs6kp6UHgdBFpOQb6/qq0LfPBv36yqBU7bPaH8pd4RHZeM6
lfZmT9NPwffI3JLWtIEmwHpT2fOyb9suXnfyuVtPpkw/YW14IAPLwdSXDgRVPGL9
z3CvodDWfrAJwgLh+WI3NI6O5NGjAgMBAAECgYAqfwVB6S+Zk5jGKAYWG8u1aezj
btwHdRhE7Q6u27QHs9DTy2wvb6LxTGawUpwDTYq0wvqEkY94Aw8L9TBf6dGZsYKv
CTufjzdlNCQxrpqT4fUQZ0IPf0OvKIdTkZTs7hN0bHuRw36P3l3z8w0bPBbu5P9n
ZXjewYYns+8sD/pakQJBAPRDBMQfJKE69MV2JkTpEKa4TAKuFf36DwDmZCZKjCQN
WVJ+/RBVGwYRnt5dDlS00PnGrOFDPhab3fBmtvIrg8sCQQDN1R8IFfZ9IBLOVlYa
F7Vq+uftmUMUqRYJ2mx6M7NUwIAyPk5q7xRwAehxrJRpJeHzYxrq0toyhJPtI/Ou
TJ6JAkBVtEow0kiU9c26lxkYZrp79QBelFyND7dB9pS/RrrjT3e+1WXP3DyuJXKb
zQThPcxxR3+TTnezkR8PYcrhL9l/AkEAr6WtA4NqgsB6C+aVN1MAF7jhblqZaeoY
ynPAmk/AOxTC0R1mYc5/zE10hHzXcRtIxB/Qeo9QcEe+zGEfs5/isQJBALIYwb00
LStzyBCogkxgeIwLOHoYODjSs8yNB1e3mSXmJ0UOnZyV7mSNS2nmR9XA1jPT1Q96
eRjmofpgz4EibmY=
-----END PRIVATE KEY-----
)pem";

// ES256.
inline constexpr std::string_view p256 = R"pem(-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgHX6qD4XaeRGuiu97
sDgXsEvS255ViE2D4YELtjF+tMGhRANCAASsu4KcoNYMPcJlmIEPV/2TKY2hlnE9
xlCRih87TiiGB+pjAmuFL6x2sLL92guuHfsluijjaHoTRbk+VUDsT3c0
-----END PRIVATE KEY-----
)pem";

// ES384.
inline constexpr std::string_view p384 = R"pem(-----BEGIN PRIVATE KEY-----
MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDCsaKFsS0Sq/YeH9uxi
pCYvdRAvtfhGiJLhGIqiVt78Gy4xzsdQbasKXh+NehBAfOKhZANiAATpYjh+629x
Jw6iVtFx6+IgY/O7r7Ox8mvkQylb5S8rYThYYngQYtd/ixi4p1EEPQJlDatNh9va
2hjPQslEAXIICfjzuVS/F9JMMAw07Z+cOJTsPPCLSX3drehOzM2JNY4=
-----END PRIVATE KEY-----
)pem";

// EdDSA.
inline constexpr std::string_view ed25519 = R"pem(-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIH9lfigHxtdRuKm1+oKHh7yia5EwkruIGKMj/sdTsERX
-----END PRIVATE KEY-----
)pem";

// A client's own key, which its encrypted logout tokens are opened with; public half below.
inline constexpr std::string_view client_rsa_2048 = R"pem(-----BEGIN PRIVATE KEY-----
MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQDIr0BbL3YEKUUz
hM4+LqrSt8MALaekV9E1YV4UtgpJy/Z1A/iGTDQYV/M4SuzKvo8TmAFtkoGQWcZM
E1yHxAPV5lQuctnd/4A9X/n4KWu6GGb0MCca2fH9/h01uQkx1oj+zMF2yzD4wi8U
YcEbIwTO+bCpm4Vc43SC8c4aQwLEHpIdG0ETlbKpwXcJ2mtatqL+7LsRM6I0WWWz
UksariW8/JEWaTdxLJAK2LH7dOCEWQLHCBUkxFOFMRfaEiHPZq+h3t6J6LCktNmB
t9PE4AHy2nYpvOvx2GyPCKuCF5fx2LxSUkZpbaAojR06tdlxJOaoElulMMGCFOSE
TFhokpgZAgMBAAECggEAA2EMDN0CODS3sRPh4yMnBjBI7MZYBcjiwWrXyjJ8ftyb
1EGSXDSJRgWpF0APt6Q4xYQwNfebDeKtF5fV3YVb6SydK0EM0ROdxarJizerVDFX
/nGXHvkffX7bYA2zDW9G1D9/XHA0bWPbphS1Sy8uRAvpQRnYx4Ue75uBtGh/cezo
NV2M8GcH/j4gkpbwvT9NqTX9yuW8BNmmtd46gFWHtRL1HJ5Aglu66b/Rkwlbw131
bsqxbA4xQTCOuIqv5vZwNy3faOue50M2hff4i7hAE9QWjfwWuvcjky78cnREZRxS
Z8ibcJ3IR8x2A+PAnXJ5tJmOuyiLmz/ABmVkTPjn5wKBgQDuZfXLxiQETeoLVDfW
VCAI8mHnkw42QWMtolZcycwYYLjFELOrPgFWS+FAbDWTUD+GFEXsVsr1UbUdMr6I
aaZ7F2RGTsEbk5fLwoUSzZrULztArsRsiGLlsnmW13TwLYw9F8+XPz/sdLicmh/z
3+wCS4R/5v+ON2TfFC3Nmm/vTwKBgQDXgHPqd8n6J9kWZzhBO++XQwY+WXxSLbtH
mupyL+7rAHmTSI27YlK3fSTWn9me7WhLOfqZYK4/X7jH8ONyCmJTBS4/5CbPq9LA
OGn2vj+KxgT2mCsFfTVfWT0og/WgXxnrbVAsvCoDmppurspw8knoZ2WID45mB3Gr
KQiwiPRoFwKBgQDST/C/jFVJ1tKam/mGg0Cfo/TrLrhi9Nxh7czynrQG7Y0TjOB0
OYdEcjyNcOjyxODFkCz/irISKbr1v0aHYW0VOlWkEOYbReGsSDbNl8T3W5OSRJvU
g517ti+9+uWW3RfS7aadb5cdKvuSbAW0R98VRznk/AyHkibTBiJCN/R30QKBgFk/
DEJM66uatw/NHYH+lWG6UyqdGpxZ7hZgdLlnWnWeU7sIMBIrTQBKZmgv+QsVXLzS
vRKp9F+wf7Dl9Pu0izXAjn/NN7mHehc7Bb822M/a5BFPwXlbejALoAVYaO/Kksxq
D+sG3gtyCoTOBG60GKGTuHuZnappaMyuiLe7cCRvAoGBAIafTFVx41Y5EI4CPG+Q
/HGUG+sQ/4UO/BK2otixoDTfvbHIntJ8zNtprbsHJt4gXY53oCguqG0e2zzr0vj/
ERWBOw1q6kTLisiVdwK3FxVjglZzYWSM8TXTR4niCn9QdMe08LVAAAyp53LEpBLp
zpWVr4rlq40c/njn1Jctx7XT
-----END PRIVATE KEY-----
)pem";

// The same on P-256.
inline constexpr std::string_view client_p256 = R"pem(-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgFU352TEeJMre/KCc
9Dk9W+Y0/Ttorkbo8arua5/MA5ehRANCAAT6mfIJTdiFXmmFbHAQprdApcCUap8u
jIsq/8KS7ejF4wvhJaad+HPwlfCDz8RDXUn00GCTFPBoLd41nwj/1V+n
-----END PRIVATE KEY-----
)pem";

// The public halves of client_rsa_2048 and client_p256 as single JWKs.
inline constexpr std::string_view client_rsa_jwk =
    R"jwk({"kty": "RSA", "use": "enc", "kid": "enc-rsa", "n": "yK9AWy92BClFM4TOPi6q0rfDAC2npFfRNWFeFLYKScv2dQP4hkw0GFfzOErsyr6PE5gBbZKBkFnGTBNch8QD1eZULnLZ3f-APV_5-Clruhhm9DAnGtnx_f4dNbkJMdaI_szBdssw-MIvFGHBGyMEzvmwqZuFXON0gvHOGkMCxB6SHRtBE5WyqcF3CdprWrai_uy7ETOiNFlls1JLGq4lvPyRFmk3cSyQCtix-3TghFkCxwgVJMRThTEX2hIhz2avod7eieiwpLTZgbfTxOAB8tp2Kbzr8dhsjwirgheX8di8UlJGaW2gKI0dOrXZcSTmqBJbpTDBghTkhExYaJKYGQ", "e": "AQAB"})jwk";
inline constexpr std::string_view client_p256_jwk =
    R"jwk({"kty": "EC", "use": "enc", "kid": "enc-ec", "crv": "P-256", "x": "-pnyCU3YhV5phWxwEKa3QKXAlGqfLoyLKv_Cku3oxeM", "y": "C-Elpp34c_CV8IPPxENdSfTQYJMU8Ggt3jWfCP_VX6c"})jwk";

}  // namespace slo::test_keys
