# SPDX-License-Identifier: Apache-2.0
# Turns the table of src/MISRA.md into cppcheck suppressions; says what is wrong with the table on
# standard error and then fails. A mandatory rule cannot be deviated from (MISRA Compliance:2020).
BEGIN {
    FS = " *[|] *"
    split("9.1 12.5 13.6 17.3 17.4 17.6 19.1 21.13 21.17 21.18 21.19 21.20 22.2 22.4 22.5 22.6", m, " ")
    for (i in m) mandatory[m[i]] = 1
}
/^\| *D/ {
    n++
    if ($2 != "D" n) bad($2 " stands where D" n " is due")
    if ($3 !~ /^[0-9]+\.[0-9]+$/) bad($2 " names no rule")
    if ($3 in mandatory) bad($2 ": rule " $3 " is mandatory")
    if ($4 != "advisory" && $4 != "required") bad($2 " has no category")
    if (length($6) < 20) bad($2 " has no reason")
    if (($3, $5) in seen) bad($2 " repeats " seen[$3, $5])
    seen[$3, $5] = $2
    print "misra-c2012-" $3 ($5 == "everywhere" ? "" : ":" $5)
}
END {
    if (n == 0) bad("no deviation found")
    exit failed
}
function bad(what) {
    print "src/MISRA.md: " what > "/dev/stderr"
    failed = 1
}
