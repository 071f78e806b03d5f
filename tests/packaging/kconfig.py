#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads port/zephyr/Kconfig with Kconfiglib, the reader that Zephyr has a copy of, and prints what a
configuration with MBEDTLS and NAVETTE set comes to, as CMake commands.

usage: kconfig.py NAME=VALUE ...
"""
import os
import sys
import tempfile

# Debian's copy serves a Python that is not Debian's, too.
sys.path.append("/usr/lib/python3/dist-packages")
import kconfiglib  # noqa: E402

TOP = 'config MBEDTLS\n\tbool "Mbed TLS"\nrsource "{}"\n'


def main(settings):
    with tempfile.TemporaryDirectory() as folder:
        top = os.path.join(folder, "Kconfig")
        with open(top, "w", encoding="utf-8") as f:
            f.write(TOP.format(os.path.relpath("port/zephyr/Kconfig", folder)))
        config = kconfiglib.Kconfig(top, warn_to_stderr=False)
    for setting in settings:
        name, value = setting.split("=", 1)
        if not config.syms[name].set_value(value):
            sys.exit(f"kconfig.py: {name} does not take {value!r}")
    for name, symbol in config.syms.items():
        if name.startswith("NAVETTE") and symbol.visibility and symbol.str_value != "n":
            print(f'set(CONFIG_{name} "{symbol.str_value}")')
    if config.warnings:
        sys.exit("\n".join(config.warnings))


if __name__ == "__main__":
    main(sys.argv[1:])
