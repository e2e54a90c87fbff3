"""dnsmasq gives guests their addresses and answers for their names, as a plan's files have it."""

import struct
from collections.abc import Iterator
from ipaddress import IPv4Address
from pathlib import Path

import namespace
import pytest
