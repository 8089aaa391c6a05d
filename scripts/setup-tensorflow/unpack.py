"""Unpacks what the build needs: `unpack.py INTO ARCHIVE...`, wheels (zip) and npm's packages (tar)."""

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
    for path in archives:
        if path.endswith(".whl"):
            with zipfile.ZipFile(path) as wheel:
                wheel.extractall(into, [name for name in wheel.namelist() if WANTED.match(name)])
        else:
            with tarfile.open(path) as package:
                files = [member for member in package.getmembers() if member.isfile()]
                package.extractall(into, [file for file in files if file.name.startswith("package/")])


main(sys.argv[1], sys.argv[2:])
