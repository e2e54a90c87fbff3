# The same words as scripts/, for people and CI. Every target installs what is missing first.
.DEFAULT_GOAL := help
.PHONY: help install demo quick test test-exhaustive test-clients foreign-suites check bench docs wheel

help: ## say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: ## install Debian packages and the Python environment, where they are missing
	@scripts/install

demo: ## run the experiment on real guests: a cloud of its own, its verdicts, nothing left behind
	@scripts/demo

quick: ## unit, protocol and cloud tests on all cores: the loop at the desk
	@scripts/quick

test: ## check, and run every test, those on real guests included
	@scripts/test

test-exhaustive: ## as test, with all that test only samples
	@scripts/test --exhaustive

test-clients: ## install other programs that speak to EC2, and run all that the tests do with them
	@scripts/test-clients

check: ## formatting, lint, types, layers, scripts, spelling, subjects of commits, generated documents
	@scripts/check

foreign-suites: ## run moto's own tests of EC2 against simulated clouds, and compare with what is judged of them
	@scripts/foreign-suites

bench: ## measure it beside moto and MiniStack, in one run: quarters of an hour on a quiet machine
	@scripts/bench

docs: ## build the documentation as a site, in build/site; a broken link is an error
	@scripts/docs

wheel: ## build what pip and pipx install, in build/wheels
	@scripts/wheel
