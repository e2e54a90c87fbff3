"""Makes guests and their disks. Knows nothing of EC2: no instance, no AMI, no state machine."""
