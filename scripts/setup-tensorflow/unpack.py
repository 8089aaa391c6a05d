"""Unpacks what the build needs: `unpack.py INTO ARCHIVE...`, wheels (zip) and npm's packages (tar)."""

import os
import re
import sys
import tarfile
import zipfile

WANTED = re.compile(
    r"tensorflow/(libtensorflow_cc|libtensorflow_framework)\.so\.2$"
    r"|tensorflow/include/(tensorflow/c|tsl/platform|xla/tsl/c)/.*\.h$"
    r"|tensorflow/include/tensorflow/(core|tsl)/platform/ctstring.*\.h$"
    r"|nvidia/.*\.so[.\d]*$"
    r"|nvidia/cuda_nvcc/(bin/ptxas|nvvm/libdevice/.*)$"
    r"|[^/]*\.dist-info/(licenses/.*|LICENSE.*|License.*)$"
)


def main(into: str, archives: list[str]) -> None:
    for archive in archives:
        if archive.endswith(".whl"):
            with zipfile.ZipFile(archive) as wheel:
                for member in wheel.infolist():
                    if not WANTED.match(member.filename):
                        continue
                    path = wheel.extract(member, into)
                    # zipfile leaves the executable bit out, and XLA runs ptxas.
                    if (member.external_attr >> 16) & 0o111:
                        os.chmod(path, os.stat(path).st_mode | 0o755)
        else:
            with tarfile.open(archive) as package:
                files = [member for member in package.getmembers() if member.isfile()]
                package.extractall(into, [file for file in files if file.name.startswith("package/")])


main(sys.argv[1], sys.argv[2:])
