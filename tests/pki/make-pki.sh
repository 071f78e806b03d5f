#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Makes every certificate that the tests, `make run` and the servers need:  make-pki.sh DIR
#
# Safe to run again: it starts anew. Needs openssl 3.0 or later; takes about a second.
#
#   ca.pem            root, the only certificate a client has to trust       (ca.key)
#   intermediate.pem  signed by the root, signs all leaves below             (intermediate.key)
#   server.pem        good: P-256 leaf, then the intermediate                server.key
#                     for localhost, *.localhost, 127.0.0.1 and ::1, 30 days
#
# Each variant is VARIANT.pem (as a server sends it: leaf first) and VARIANT.key:
#
#   rsa             good, with an RSA-2048 leaf
#   expired         the leaf ended in 2021
#   oldca           a good leaf under an intermediate that ended in 2021
#   notyet          the leaf starts in 2090
#   wronghost       for other.example and 192.0.2.1 only
#   selfsigned      the leaf signed itself
#   unknownroot     good but under a root that nobody trusts, which is sent along
#   nointermediate  the good leaf sent alone
#   notca           issued by a leaf that may not issue
#   clientauth      extended key usage: clientAuth only
#   nosign          key usage: keyAgreement only, so it may not sign a handshake
#   sha1            leaf signed with SHA-1
#   rsa1024         leaf with an RSA key of 1024 bits
#   large           a root of 3 300 bytes
#   ed25519         self-signed CA of a kind that Mbed TLS does not know (no .key)
#
#   spki-server.hex, spki-intermediate.hex, spki-ca.hex, spki-rsa.hex: SHA-256 pins as 64 digits
set -eu

dir=${1:?usage: make-pki.sh DIR}
mkdir -p "$dir"
cd "$dir"
umask 077
rm -f ./*.pem ./*.key ./*.crt ./*.hex ./*.cnf
rm -rf ca.db

good_names='DNS:localhost,DNS:*.localhost,IP:127.0.0.1,IP:::1'

section() { # NAME KEY_USAGE EXTENDED_KEY_USAGE NAMES
    printf '[%s]\nbasicConstraints=critical,CA:FALSE\nkeyUsage=critical,%s\n' "$1" "$2"
    printf 'extendedKeyUsage=%s\nsubjectAltName=%s\nsubjectKeyIdentifier=hash\n' "$3" "$4"
    printf 'authorityKeyIdentifier=keyid\n'
}

{
    printf '[req]\ndistinguished_name=dn\nprompt=no\n[dn]\nO=navette tests\n'
    printf '[root]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n'
    printf 'subjectKeyIdentifier=hash\n'
    printf '[large]\nbasicConstraints=critical,CA:TRUE\nnsComment=%03000d\n' 0
    printf '[inter]\nbasicConstraints=critical,CA:TRUE,pathlen:0\n'
    printf 'keyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n'
    printf 'authorityKeyIdentifier=keyid\n'
    section leaf digitalSignature serverAuth "$good_names"
    section rsaleaf digitalSignature,keyEncipherment serverAuth "$good_names"
    section other digitalSignature serverAuth DNS:other.example,IP:192.0.2.1
    section client digitalSignature clientAuth "$good_names"
    section agree keyAgreement serverAuth "$good_names"
    # `openssl ca` is the one tool of 3.0 that sets dates freely.
    printf '[ca]\ndefault_ca=dated\n[dated]\ndatabase=ca.db/index\nnew_certs_dir=ca.db\n'
    printf 'rand_serial=yes\nunique_subject=no\ndefault_md=sha256\npolicy=any\n'
    printf '[any]\norganizationName=optional\ncommonName=optional\n'
} >pki.cnf
mkdir ca.db
: >ca.db/index

key_ec() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key"; }
key_rsa() { openssl genpkey -quiet -algorithm RSA -pkeyopt "rsa_keygen_bits:$2" -out "$1.key"; }

root() { # NAME COMMON_NAME [SECTION]
    key_ec "$1"
    openssl req -x509 -new -key "$1.key" -days 3650 -config pki.cnf -extensions "${3:-root}" \
        -subj "/O=navette tests/CN=$2" -out "$1.pem"
}

issue() { # NAME SECTION ISSUER COMMON_NAME [-DIGEST]; the key is there already
    name=$1 section=$2 issuer=$3 cn=$4
    openssl req -new -key "$name.key" -config pki.cnf -subj "/O=navette tests/CN=$cn" |
        openssl x509 -req -CA "$issuer" -CAkey "${issuer%.*}.key" -days 30 "${5:--sha256}" \
            -extfile pki.cnf -extensions "$section" -out "$name.crt" 2>/dev/null
}

issue_dated() { # NAME SECTION ISSUER COMMON_NAME NOT_BEFORE NOT_AFTER
    openssl req -new -key "$1.key" -config pki.cnf -subj "/O=navette tests/CN=$4" -out "$1.csr"
    openssl ca -batch -notext -config pki.cnf -cert "$3" -keyfile "${3%.*}.key" \
        -startdate "$5" -enddate "$6" -extfile pki.cnf -extensions "$2" \
        -in "$1.csr" -out "$1.crt" 2>/dev/null
    rm "$1.csr"
}

chain() { # NAME CERTIFICATE...: the leaf, then what follows it
    name=$1
    shift
    cat "$name.crt" "$@" >"$name.pem"
    rm "$name.crt"
}

pin() { # NAME: of the first certificate in NAME.pem
    openssl x509 -in "$1.pem" -noout -pubkey | openssl pkey -pubin -outform DER |
        openssl dgst -sha256 -r | cut -d' ' -f1 >"spki-$1.hex"
}

root ca 'navette test root'
root large 'navette test large root' large
key_ec intermediate
issue intermediate inter ca.pem 'navette test intermediate'
mv intermediate.crt intermediate.pem

key_ec server
issue server leaf intermediate.pem localhost
chain server intermediate.pem

key_rsa rsa 2048
issue rsa rsaleaf intermediate.pem localhost
chain rsa intermediate.pem

key_ec expired
issue_dated expired leaf intermediate.pem localhost 20200101000000Z 20210101000000Z
chain expired intermediate.pem

key_ec oldinter
issue_dated oldinter inter ca.pem 'navette test old intermediate' 20200101000000Z 20210101000000Z
key_ec oldca
mv oldinter.crt oldinter.pem
issue oldca leaf oldinter.pem localhost
chain oldca oldinter.pem
rm oldinter.pem oldinter.key

key_ec notyet
issue_dated notyet leaf intermediate.pem localhost 20900101000000Z 20910101000000Z
chain notyet intermediate.pem

key_ec wronghost
issue wronghost other intermediate.pem other.example
chain wronghost intermediate.pem

key_ec selfsigned
openssl req -x509 -new -key selfsigned.key -days 30 -config pki.cnf -extensions leaf \
    -subj '/O=navette tests/CN=localhost' -out selfsigned.pem

root otherroot 'navette test unknown root'
key_ec otherinter
issue otherinter inter otherroot.pem 'navette test unknown intermediate'
mv otherinter.crt otherinter.pem
key_ec unknownroot
issue unknownroot leaf otherinter.pem localhost
chain unknownroot otherinter.pem otherroot.pem
rm otherroot.pem otherroot.key otherinter.pem otherinter.key

key_ec nointermediate
issue nointermediate leaf intermediate.pem localhost
chain nointermediate

key_ec notca
openssl x509 -in server.pem -out server.leaf
cp server.key server.leaf.key
openssl req -new -key notca.key -config pki.cnf -subj '/O=navette tests/CN=issued by a leaf' |
    openssl x509 -req -CA server.leaf -CAkey server.key -days 30 -sha256 \
        -extfile pki.cnf -extensions leaf -out notca.crt 2>/dev/null
chain notca server.pem
rm server.leaf server.leaf.key

key_ec clientauth
issue clientauth client intermediate.pem localhost
chain clientauth intermediate.pem

key_ec nosign
issue nosign agree intermediate.pem localhost
chain nosign intermediate.pem

key_ec sha1
issue sha1 leaf intermediate.pem localhost -sha1
chain sha1 intermediate.pem

key_rsa rsa1024 1024
issue rsa1024 rsaleaf intermediate.pem localhost
chain rsa1024 intermediate.pem

openssl req -x509 -newkey ed25519 -nodes -keyout ed25519.key -days 30 -config pki.cnf \
    -extensions root -subj '/O=navette tests/CN=unknown kind' -out ed25519.pem 2>/dev/null
rm ed25519.key

for name in ca intermediate server rsa; do
    pin "$name"
done
rm -rf ca.db pki.cnf
