"""Application, network and gateway load balancers: there are none, and those who ask are told so."""
