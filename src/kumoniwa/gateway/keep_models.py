"""`python -m kumoniwa.gateway.keep_models` keeps the models of all services now, rather than at the first start."""

from collections import defaultdict

from kumoniwa.config import models_dir
from kumoniwa.gateway.services import services

for service in services(defaultdict(dict), kept_in=models_dir()).values():
    service.codec.actions()
