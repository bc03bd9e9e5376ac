#!/usr/bin/env python
"""Entry point for every management command."""

import os
import sys

from django.core.management import execute_from_command_line

from backoffice.quickstart.services import services_for

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")
    with services_for(sys.argv, os.environ):
        execute_from_command_line(sys.argv)
