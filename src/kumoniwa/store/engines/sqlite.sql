-- The tables of a new cloud. Written by scripts/reference from store/tables.

CREATE TABLE account_settings (
	account VARCHAR NOT NULL,
	region VARCHAR NOT NULL,
	name VARCHAR NOT NULL,
	value JSON NOT NULL,
	PRIMARY KEY (account, region, name)
);

CREATE TABLE boots (
	id VARCHAR NOT NULL,
	instance_id VARCHAR NOT NULL,
	number INTEGER NOT NULL,
	cause VARCHAR NOT NULL,
	started_at BIGINT NOT NULL,
	action VARCHAR,
	request_id VARCHAR,
	principal VARCHAR,
	principal_arn VARCHAR,
	called_at BIGINT,
	kernel_started_at BIGINT,
	reachable_at BIGINT,
	end_cause VARCHAR,
	end_action VARCHAR,
	end_request_id VARCHAR,
	end_principal VARCHAR,
	end_principal_arn VARCHAR,
	end_called_at BIGINT,
	end_requested_at BIGINT,
	at_rest_at BIGINT,
	end_clean BOOLEAN,
	ended_at BIGINT,
	cut_seconds FLOAT,
	from_memory BOOLEAN DEFAULT 0 NOT NULL,
	cold_because TEXT,
	PRIMARY KEY (id),
	UNIQUE (instance_id, number)
);

CREATE INDEX boots_of_many ON boots (instance_id, number) WHERE number > 100;

CREATE INDEX boots_started ON boots (started_at);

CREATE TABLE client_tokens (
	account VARCHAR NOT NULL,
	region VARCHAR NOT NULL,
	action VARCHAR NOT NULL,
	value VARCHAR NOT NULL,
	fingerprint VARCHAR NOT NULL,
	output JSON NOT NULL,
	created_at BIGINT NOT NULL,
	PRIMARY KEY (account, region, action, value)
);

CREATE INDEX client_tokens_age ON client_tokens (created_at);

CREATE TABLE dhcp_options (
	id VARCHAR NOT NULL,
	account VARCHAR NOT NULL,
	region VARCHAR NOT NULL,
	options JSON NOT NULL,
	PRIMARY KEY (id)
);

CREATE INDEX dhcp_options_scope ON dhcp_options (account, region);

CREATE TABLE facts (
	name VARCHAR NOT NULL,
	value JSON NOT NULL,
	PRIMARY KEY (name)
);

CREATE TABLE fleets (
	id VARCHAR NOT NULL,
	account VARCHAR NOT NULL,
	region VARCHAR NOT NULL,
	created_at BIGINT NOT NULL,
	client_token VARCHAR NOT NULL,
	fulfilled FLOAT NOT NULL,
	asked JSON NOT NULL,
	launched JSON NOT NULL,
	errors JSON NOT NULL,
	deleted_at BIGINT,
	PRIMARY KEY (id)
);

CREATE INDEX fleets_scope ON fleets (account, region);

CREATE INDEX ix_fleets_created_at ON fleets (created_at);

CREATE TABLE flow_logs (
	id VARCHAR NOT NULL,
	account VARCHAR NOT NULL,
	region VARCHAR NOT NULL,
	created_at BIGINT NOT NULL,
	resource_id VARCHAR NOT NULL,
	traffic_type VARCHAR NOT NULL,
	destination_type VARCHAR NOT NULL,
	format TEXT NOT NULL,
	aggregation_interval INTEGER NOT NULL,
	destination VARCHAR,
	log_group VARCHAR,
	permission_arn VARCHAR,
	cross_account_role VARCHAR,
	options JSON NOT NULL,
	PRIMARY KEY (id)
);

CREATE INDEX flow_logs_scope ON flow_logs (account, region);

CREATE INDEX ix_flow_logs_resource_id ON flow_logs (resource_id);

CREATE TABLE hibernations (
	id VARCHAR NOT NULL,
	instance_id VARCHAR NOT NULL,
	boot_id VARCHAR NOT NULL,
	asked_at BIGINT NOT NULL,
	request_id VARCHAR,
	principal VARCHAR,
	principal_arn VARCHAR,
	"key" BLOB,
	suspended_at BIGINT,
	size_bytes BIGINT,
	resumed_at BIGINT,
	resume_request_id VARCHAR,
	resume_principal VARCHAR,
	resume_principal_arn VARCHAR,
	ended_at BIGINT,
	because TEXT,
	PRIMARY KEY (id)
);

CREATE INDEX hibernations_age ON hibernations (asked_at);

CREATE INDEX hibernations_instance ON hibernations (instance_id, asked_at);

CREATE TABLE iam_attached_policies (
	holder_id VARCHAR NOT NULL,
	policy_arn VARCHAR NOT NULL,
	PRIMARY KEY (holder_id, policy_arn)
);

CREATE INDEX ix_iam_attached_policies_policy_arn ON iam_attached_policies (policy_arn);

CREATE TABLE iam_groups (
	id VARCHAR NOT NULL,
	account VARCHAR NOT NULL,
	name VARCHAR NOT NULL,
	path VARCHAR NOT NULL,
	created_at BIGINT NOT NULL,
	PRIMARY KEY (id),
	UNIQUE (account, name)
);

CREATE TABLE iam_inline_policies (
	holder_id VARCHAR NOT NULL,
	name VARCHAR NOT NULL,
	document TEXT NOT NULL,
	PRIMARY KEY (holder_id, name)
);

CREATE TABLE iam_policies (
	id VARCHAR NOT NULL,
	account VARCHAR NOT NULL,
	name VARCHAR NOT NULL,
	path VARCHAR NOT NULL,
	description TEXT,
	default_version INTEGER NOT NULL,
	latest_version INTEGER NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	tags JSON NOT NULL,
	PRIMARY KEY (id),
	UNIQUE (account, name)
);

CREATE TABLE iam_roles (
	id VARCHAR NOT NULL,
	account VARCHAR NOT NULL,
	name VARCHAR NOT NULL,
	path VARCHAR NOT NULL,
	trust_policy TEXT NOT NULL,
	description TEXT,
	max_session INTEGER NOT NULL,
	created_at BIGINT NOT NULL,
	tags JSON NOT NULL,
	PRIMARY KEY (id),
	UNIQUE (account, name)
);

CREATE TABLE iam_users (
	id VARCHAR NOT NULL,
	account VARCHAR NOT NULL,
	name VARCHAR NOT NULL,
	path VARCHAR NOT NULL,
	created_at BIGINT NOT NULL,
	tags JSON NOT NULL,
	PRIMARY KEY (id),
	UNIQUE (account, name)
);

CREATE TABLE images (
	id VARCHAR NOT NULL,
	account VARCHAR NOT NULL,
	region VARCHAR NOT NULL,
	name VARCHAR NOT NULL,
	description VARCHAR,
	state VARCHAR NOT NULL,
	architecture VARCHAR NOT NULL,
	root_device_name VARCHAR NOT NULL,
	created_at BIGINT NOT NULL,
	boot_mode VARCHAR,
	ena_support BOOLEAN NOT NULL,
	platform_details VARCHAR NOT NULL,
	imds_tokens_required BOOLEAN NOT NULL,
	source_instance_id VARCHAR,
	source_image_id VARCHAR,
	state_reason_code VARCHAR,
	state_reason_message TEXT,
	deregistered_at BIGINT,
	consistency VARCHAR,
	consistency_detail TEXT,
	frozen_ms FLOAT,
	last_launched_at BIGINT,
	deprecation_at BIGINT,
	deregistration_protection VARCHAR DEFAULT 'disabled' NOT NULL,
	protected_until BIGINT,
	nvme_only BOOLEAN DEFAULT 1 NOT NULL,
	request_id VARCHAR,
	PRIMARY KEY (id)
);

CREATE INDEX images_age ON images (deregistered_at);

CREATE INDEX images_order ON images (account, region, created_at, id);

CREATE INDEX images_scope ON images (account, region, name);

CREATE INDEX images_source ON images (source_image_id);

CREATE TABLE import_tasks (
	id VARCHAR NOT NULL,
	account VARCHAR NOT NULL,
	region VARCHAR NOT NULL,
	snapshot_id VARCHAR NOT NULL,
	source TEXT NOT NULL,
	format VARCHAR NOT NULL,
	description VARCHAR NOT NULL,
	state VARCHAR NOT NULL,
	progress INTEGER NOT NULL,
	created_at BIGINT NOT NULL,
	status_message TEXT NOT NULL,
	kms_key_id VARCHAR,
	PRIMARY KEY (id)
);

CREATE INDEX import_tasks_age ON import_tasks (created_at);

CREATE INDEX import_tasks_scope ON import_tasks (account, region);

CREATE TABLE insights_paths (
	id VARCHAR NOT NULL,
	account VARCHAR NOT NULL,
	region VARCHAR NOT NULL,
	created_at BIGINT NOT NULL,
	source VARCHAR NOT NULL,
	protocol VARCHAR NOT NULL,
	destination VARCHAR,
	destination_ip VARCHAR,
	port INTEGER,
	PRIMARY KEY (id)
);

CREATE INDEX insights_paths_scope ON insights_paths (account, region);

CREATE TABLE instance_moves (
	instance_id VARCHAR NOT NULL,
	number INTEGER NOT NULL,
	state VARCHAR NOT NULL,
	at BIGINT NOT NULL,
	PRIMARY KEY (instance_id, number)
);

CREATE INDEX instance_moves_at ON instance_moves (at);

CREATE TABLE instances (
	id VARCHAR NOT NULL,
	account VARCHAR NOT NULL,
	region VARCHAR NOT NULL,
	reservation_id VARCHAR NOT NULL,
	requester VARCHAR NOT NULL,
	launch_index INTEGER NOT NULL,
	image_id VARCHAR NOT NULL,
	instance_type VARCHAR NOT NULL,
	architecture VARCHAR NOT NULL,
	state VARCHAR NOT NULL,
	zone VARCHAR NOT NULL,
	public_ip VARCHAR,
	associate_public_ip BOOLEAN NOT NULL,
	key_name VARCHAR,
	public_key TEXT,
	root_device_name VARCHAR NOT NULL,
	boot_mode VARCHAR,
	nvme_only BOOLEAN DEFAULT 1 NOT NULL,
	virtio_only BOOLEAN DEFAULT 0 NOT NULL,
	prepared_on VARCHAR,
	launch_time BIGINT NOT NULL,
	first_launch_time BIGINT NOT NULL,
	guest_uuid VARCHAR NOT NULL,
	user_data TEXT,
	client_token VARCHAR NOT NULL,
	disable_api_stop BOOLEAN NOT NULL,
	disable_api_termination BOOLEAN NOT NULL,
	shutdown_behavior VARCHAR NOT NULL,
	ebs_optimized BOOLEAN NOT NULL,
	monitoring BOOLEAN NOT NULL,
	metadata_endpoint BOOLEAN NOT NULL,
	metadata_tokens_required BOOLEAN NOT NULL,
	metadata_hop_limit INTEGER NOT NULL,
	metadata_tags BOOLEAN NOT NULL,
	options JSON NOT NULL,
	state_transition_reason VARCHAR NOT NULL,
	state_reason_code VARCHAR,
	state_reason_message TEXT,
	reachability VARCHAR NOT NULL,
	impaired_since BIGINT,
	terminated_at BIGINT,
	version INTEGER NOT NULL,
	PRIMARY KEY (id),
	UNIQUE (public_ip)
);

CREATE INDEX instances_image ON instances (image_id);

CREATE INDEX instances_order ON instances (account, region, first_launch_time, reservation_id, launch_index, id);

CREATE INDEX instances_state ON instances (state, reachability);

CREATE TABLE key_pairs (
	id VARCHAR NOT NULL,
	account VARCHAR NOT NULL,
	region VARCHAR NOT NULL,
	name VARCHAR NOT NULL,
	key_type VARCHAR NOT NULL,
	fingerprint VARCHAR NOT NULL,
	public_key TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	PRIMARY KEY (id),
	UNIQUE (account, region, name)
);

CREATE TABLE kms_keys (
	id VARCHAR NOT NULL,
	account VARCHAR NOT NULL,
	region VARCHAR NOT NULL,
	created_at BIGINT NOT NULL,
	description TEXT NOT NULL,
	manager VARCHAR NOT NULL,
	state VARCHAR NOT NULL,
	deletion_at BIGINT,
	policy TEXT,
	rotation_days INTEGER,
	rotates_since BIGINT,
	tags JSON NOT NULL,
	material TEXT,
	PRIMARY KEY (id)
);

CREATE INDEX kms_keys_deleted ON kms_keys (deletion_at, id) WHERE deletion_at IS NOT NULL;

CREATE INDEX kms_keys_scope ON kms_keys (account, region, id);

CREATE INDEX kms_keys_used ON kms_keys (id) WHERE material IS NOT NULL;

CREATE TABLE launch_templates (
	id VARCHAR NOT NULL,
	account VARCHAR NOT NULL,
	region VARCHAR NOT NULL,
	name VARCHAR NOT NULL,
	created_at BIGINT NOT NULL,
	created_by VARCHAR NOT NULL,
	default_version INTEGER NOT NULL,
	latest_version INTEGER NOT NULL,
	last_number INTEGER NOT NULL,
	PRIMARY KEY (id)
);

CREATE UNIQUE INDEX launch_templates_name ON launch_templates (account, region, name);

CREATE INDEX launch_templates_order ON launch_templates (account, region, id);

CREATE TABLE layers (
	id VARCHAR NOT NULL,
	parent_id VARCHAR,
	size_bytes BIGINT NOT NULL,
	created_at BIGINT NOT NULL,
	sealed_bytes BIGINT,
	sealed_sha256 VARCHAR,
	made BOOLEAN DEFAULT 1 NOT NULL,
	encrypted BOOLEAN DEFAULT 0 NOT NULL,
	is_copy BOOLEAN DEFAULT 0 NOT NULL,
	PRIMARY KEY (id),
	FOREIGN KEY(parent_id) REFERENCES layers (id)
);

CREATE INDEX ix_layers_parent_id ON layers (parent_id);

CREATE TABLE nat_gateways (
	id VARCHAR NOT NULL,
	account VARCHAR NOT NULL,
	region VARCHAR NOT NULL,
	vpc_id VARCHAR NOT NULL,
	subnet_id VARCHAR NOT NULL,
	public BOOLEAN NOT NULL,
	state VARCHAR NOT NULL,
	created_at BIGINT NOT NULL,
	interface_id VARCHAR,
	private_ip VARCHAR NOT NULL,
	allocation_id VARCHAR,
	public_ip VARCHAR,
	deleted_at BIGINT,
	failure_code VARCHAR,
	failure_message TEXT,
	PRIMARY KEY (id)
);

CREATE INDEX ix_nat_gateways_deleted_at ON nat_gateways (deleted_at);

CREATE INDEX ix_nat_gateways_subnet_id ON nat_gateways (subnet_id);

CREATE INDEX ix_nat_gateways_vpc_id ON nat_gateways (vpc_id);

CREATE INDEX nat_gateways_scope ON nat_gateways (account, region);

CREATE TABLE parameter_tags (
	account VARCHAR NOT NULL,
	region VARCHAR NOT NULL,
	name VARCHAR NOT NULL,
	"key" VARCHAR NOT NULL,
	value VARCHAR NOT NULL,
	PRIMARY KEY (account, region, name, "key")
);

CREATE TABLE parameters (
	account VARCHAR NOT NULL,
	region VARCHAR NOT NULL,
	name VARCHAR NOT NULL,
	version INTEGER NOT NULL,
	is_latest BOOLEAN NOT NULL,
	type VARCHAR NOT NULL,
	value TEXT NOT NULL,
	data_type VARCHAR NOT NULL,
	tier VARCHAR NOT NULL,
	modified_at BIGINT NOT NULL,
	modified_by VARCHAR NOT NULL,
	description TEXT,
	key_id VARCHAR,
	labels JSON NOT NULL,
	PRIMARY KEY (account, region, name, version)
);

CREATE INDEX parameters_latest ON parameters (account, region, is_latest, name);

CREATE INDEX parameters_sealed ON parameters (key_id, name) WHERE key_id IS NOT NULL;

CREATE TABLE peerings (
	id VARCHAR NOT NULL,
	account VARCHAR NOT NULL,
	region VARCHAR NOT NULL,
	requester_vpc_id VARCHAR NOT NULL,
	accepter_account VARCHAR NOT NULL,
	accepter_region VARCHAR NOT NULL,
	accepter_vpc_id VARCHAR NOT NULL,
	state VARCHAR NOT NULL,
	message TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	expires_at BIGINT NOT NULL,
	ended_at BIGINT,
	requester_resolves BOOLEAN DEFAULT 0 NOT NULL,
	accepter_resolves BOOLEAN DEFAULT 0 NOT NULL,
	PRIMARY KEY (id)
);

CREATE INDEX ix_peerings_accepter_vpc_id ON peerings (accepter_vpc_id);

CREATE INDEX ix_peerings_ended_at ON peerings (ended_at);

CREATE INDEX ix_peerings_expires_at ON peerings (expires_at);

CREATE INDEX ix_peerings_requester_vpc_id ON peerings (requester_vpc_id);

CREATE INDEX peerings_accepter ON peerings (accepter_account, accepter_region);

CREATE INDEX peerings_scope ON peerings (account, region);

CREATE TABLE permissions (
	resource_id VARCHAR NOT NULL,
	grantee VARCHAR NOT NULL,
	PRIMARY KEY (resource_id, grantee)
);

CREATE TABLE placement_groups (
	id VARCHAR NOT NULL,
	account VARCHAR NOT NULL,
	region VARCHAR NOT NULL,
	name VARCHAR NOT NULL,
	strategy VARCHAR NOT NULL,
	partition_count INTEGER,
	spread_level VARCHAR,
	PRIMARY KEY (id)
);

CREATE UNIQUE INDEX placement_groups_name ON placement_groups (account, region, name);

CREATE TABLE prefix_lists (
	id VARCHAR NOT NULL,
	account VARCHAR NOT NULL,
	region VARCHAR NOT NULL,
	name VARCHAR NOT NULL,
	ipv6 BOOLEAN NOT NULL,
	most_entries INTEGER NOT NULL,
	version INTEGER NOT NULL,
	state VARCHAR DEFAULT 'create-complete' NOT NULL,
	state_message TEXT,
	PRIMARY KEY (id)
);

CREATE INDEX prefix_lists_scope ON prefix_lists (account, region);

CREATE TABLE profile_associations (
	id VARCHAR NOT NULL,
	account VARCHAR NOT NULL,
	region VARCHAR NOT NULL,
	instance_id VARCHAR NOT NULL,
	profile_id VARCHAR NOT NULL,
	profile_arn VARCHAR NOT NULL,
	associated_at BIGINT NOT NULL,
	PRIMARY KEY (id),
	UNIQUE (instance_id)
);

CREATE INDEX profile_associations_scope ON profile_associations (account, region);

CREATE TABLE replace_root_tasks (
	id VARCHAR NOT NULL,
	account VARCHAR NOT NULL,
	region VARCHAR NOT NULL,
	instance_id VARCHAR NOT NULL,
	state VARCHAR NOT NULL,
	started_at BIGINT NOT NULL,
	delete_replaced BOOLEAN NOT NULL,
	new_volume_id VARCHAR NOT NULL,
	old_volume_id VARCHAR NOT NULL,
	image_id VARCHAR,
	snapshot_id VARCHAR,
	completed_at BIGINT,
	PRIMARY KEY (id)
);

CREATE INDEX replace_root_tasks_age ON replace_root_tasks (started_at);

CREATE INDEX replace_root_tasks_instance ON replace_root_tasks (instance_id, started_at);

CREATE INDEX replace_root_tasks_scope ON replace_root_tasks (account, region);

CREATE TABLE spot_requests (
	id VARCHAR NOT NULL,
	account VARCHAR NOT NULL,
	region VARCHAR NOT NULL,
	created_at BIGINT NOT NULL,
	type VARCHAR NOT NULL,
	instance_id VARCHAR NOT NULL,
	zone VARCHAR NOT NULL,
	max_price VARCHAR,
	interruption VARCHAR NOT NULL,
	valid_until BIGINT,
	launch_group VARCHAR,
	specification JSON NOT NULL,
	cancelled_at BIGINT,
	interrupt_at BIGINT,
	interrupted BOOLEAN NOT NULL,
	PRIMARY KEY (id)
);

CREATE INDEX ix_spot_requests_created_at ON spot_requests (created_at);

CREATE INDEX ix_spot_requests_instance_id ON spot_requests (instance_id);

CREATE INDEX spot_requests_noticed ON spot_requests (interrupt_at, id) WHERE interrupt_at IS NOT NULL;

CREATE INDEX spot_requests_scope ON spot_requests (account, region);

CREATE TABLE tags (
	account VARCHAR NOT NULL,
	region VARCHAR NOT NULL,
	resource_id VARCHAR NOT NULL,
	"key" VARCHAR NOT NULL,
	resource_type VARCHAR NOT NULL,
	value VARCHAR NOT NULL,
	PRIMARY KEY (resource_id, "key", account, region)
);

CREATE INDEX tags_order ON tags (account, region, resource_id, "key");

CREATE INDEX tags_pairs ON tags (account, region, resource_type, "key", value, resource_id);

CREATE TABLE trail_events (
	id INTEGER NOT NULL,
	account VARCHAR NOT NULL,
	region VARCHAR NOT NULL,
	service VARCHAR NOT NULL,
	action VARCHAR NOT NULL,
	request_id VARCHAR NOT NULL,
	is_read BOOLEAN NOT NULL,
	access_key VARCHAR NOT NULL,
	username VARCHAR NOT NULL,
	identity TEXT NOT NULL,
	source VARCHAR NOT NULL,
	agent VARCHAR NOT NULL,
	by_console BOOLEAN NOT NULL,
	parameters TEXT,
	answer TEXT,
	error_code VARCHAR,
	error_message TEXT,
	PRIMARY KEY (id)
);

CREATE TABLE vpcs (
	id VARCHAR NOT NULL,
	account VARCHAR NOT NULL,
	region VARCHAR NOT NULL,
	cidr VARCHAR NOT NULL,
	is_default BOOLEAN NOT NULL,
	dhcp_options_id VARCHAR NOT NULL,
	cidr_association_id VARCHAR NOT NULL,
	dns_support BOOLEAN DEFAULT 1 NOT NULL,
	dns_hostnames BOOLEAN DEFAULT 1 NOT NULL,
	usage_metrics BOOLEAN DEFAULT 0 NOT NULL,
	tenancy VARCHAR DEFAULT 'default' NOT NULL,
	PRIMARY KEY (id)
);

CREATE INDEX vpcs_dhcp_options ON vpcs (dhcp_options_id);

CREATE INDEX vpcs_scope ON vpcs (account, region);

CREATE TABLE workflows (
	sequence INTEGER NOT NULL,
	id VARCHAR NOT NULL,
	kind VARCHAR NOT NULL,
	subject VARCHAR,
	arguments JSON NOT NULL,
	state VARCHAR NOT NULL,
	created_at BIGINT NOT NULL,
	action VARCHAR,
	request_id VARCHAR,
	principal VARCHAR,
	principal_arn VARCHAR,
	error TEXT,
	finished_at BIGINT,
	overridden_at BIGINT,
	overridden_by VARCHAR,
	overridden_step VARCHAR,
	PRIMARY KEY (sequence),
	UNIQUE (id)
);

CREATE INDEX ix_workflows_state ON workflows (state);

CREATE INDEX workflows_finished ON workflows (finished_at);

CREATE INDEX workflows_kind ON workflows (kind, created_at);

CREATE INDEX workflows_turn ON workflows (subject, state, sequence);

CREATE TABLE access_keys (
	id VARCHAR NOT NULL,
	account VARCHAR NOT NULL,
	user_id VARCHAR NOT NULL,
	secret VARCHAR NOT NULL,
	status VARCHAR NOT NULL,
	created_at BIGINT NOT NULL,
	PRIMARY KEY (id),
	FOREIGN KEY(user_id) REFERENCES iam_users (id)
);

CREATE INDEX ix_access_keys_user_id ON access_keys (user_id);

CREATE TABLE claims (
	resource_id VARCHAR NOT NULL,
	workflow_id VARCHAR NOT NULL,
	PRIMARY KEY (resource_id),
	FOREIGN KEY(workflow_id) REFERENCES workflows (id)
);

CREATE INDEX ix_claims_workflow_id ON claims (workflow_id);

CREATE TABLE connect_keys (
	id VARCHAR NOT NULL,
	account VARCHAR NOT NULL,
	region VARCHAR NOT NULL,
	instance_id VARCHAR NOT NULL,
	os_user VARCHAR NOT NULL,
	public_key VARCHAR NOT NULL,
	caller VARCHAR NOT NULL,
	valid_until BIGINT NOT NULL,
	PRIMARY KEY (id),
	FOREIGN KEY(instance_id) REFERENCES instances (id) ON DELETE CASCADE
);

CREATE INDEX ix_connect_keys_instance_id ON connect_keys (instance_id);

CREATE INDEX ix_connect_keys_valid_until ON connect_keys (valid_until);

CREATE TABLE egress_only_gateways (
	id VARCHAR NOT NULL,
	account VARCHAR NOT NULL,
	region VARCHAR NOT NULL,
	vpc_id VARCHAR NOT NULL,
	PRIMARY KEY (id),
	FOREIGN KEY(vpc_id) REFERENCES vpcs (id)
);

CREATE INDEX egress_only_gateways_scope ON egress_only_gateways (account, region);

CREATE INDEX ix_egress_only_gateways_vpc_id ON egress_only_gateways (vpc_id);

CREATE TABLE fast_launches (
	image_id VARCHAR NOT NULL,
	account VARCHAR NOT NULL,
	region VARCHAR NOT NULL,
	state VARCHAR NOT NULL,
	reason TEXT NOT NULL,
	changed_at BIGINT NOT NULL,
	target_count INTEGER NOT NULL,
	max_parallel INTEGER NOT NULL,
	launch_template JSON,
	PRIMARY KEY (image_id),
	FOREIGN KEY(image_id) REFERENCES images (id) ON DELETE CASCADE
);

CREATE INDEX fast_launches_scope ON fast_launches (account, region);

CREATE INDEX ix_fast_launches_state ON fast_launches (state);

CREATE TABLE fleet_instances (
	instance_id VARCHAR NOT NULL,
	fleet_id VARCHAR NOT NULL,
	PRIMARY KEY (instance_id),
	FOREIGN KEY(instance_id) REFERENCES instances (id) ON DELETE CASCADE,
	FOREIGN KEY(fleet_id) REFERENCES fleets (id) ON DELETE CASCADE
);

CREATE INDEX ix_fleet_instances_fleet_id ON fleet_instances (fleet_id);

CREATE TABLE iam_memberships (
	group_id VARCHAR NOT NULL,
	user_id VARCHAR NOT NULL,
	PRIMARY KEY (group_id, user_id),
	FOREIGN KEY(group_id) REFERENCES iam_groups (id),
	FOREIGN KEY(user_id) REFERENCES iam_users (id)
);

CREATE INDEX ix_iam_memberships_user_id ON iam_memberships (user_id);

CREATE TABLE iam_policy_versions (
	policy_id VARCHAR NOT NULL,
	number INTEGER NOT NULL,
	document TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	PRIMARY KEY (policy_id, number),
	FOREIGN KEY(policy_id) REFERENCES iam_policies (id) ON DELETE CASCADE
);

CREATE TABLE image_devices (
	image_id VARCHAR NOT NULL,
	position INTEGER NOT NULL,
	device VARCHAR NOT NULL,
	snapshot_id VARCHAR,
	size_gib INTEGER,
	volume_type VARCHAR NOT NULL,
	iops INTEGER,
	throughput INTEGER,
	delete_on_termination BOOLEAN NOT NULL,
	virtual_name VARCHAR,
	encrypted BOOLEAN,
	kms_key_id VARCHAR,
	PRIMARY KEY (image_id, position),
	FOREIGN KEY(image_id) REFERENCES images (id) ON DELETE CASCADE
);

CREATE INDEX ix_image_devices_snapshot_id ON image_devices (snapshot_id);

CREATE TABLE insights_analyses (
	id VARCHAR NOT NULL,
	account VARCHAR NOT NULL,
	region VARCHAR NOT NULL,
	path_id VARCHAR NOT NULL,
	started_at BIGINT NOT NULL,
	state VARCHAR NOT NULL,
	message TEXT,
	found BOOLEAN,
	result JSON NOT NULL,
	PRIMARY KEY (id),
	FOREIGN KEY(path_id) REFERENCES insights_paths (id)
);

CREATE INDEX insights_analyses_scope ON insights_analyses (account, region);

CREATE INDEX ix_insights_analyses_path_id ON insights_analyses (path_id);

CREATE INDEX ix_insights_analyses_started_at ON insights_analyses (started_at);

CREATE TABLE instance_profiles (
	id VARCHAR NOT NULL,
	account VARCHAR NOT NULL,
	name VARCHAR NOT NULL,
	path VARCHAR NOT NULL,
	role_id VARCHAR,
	created_at BIGINT NOT NULL,
	tags JSON NOT NULL,
	PRIMARY KEY (id),
	UNIQUE (account, name),
	FOREIGN KEY(role_id) REFERENCES iam_roles (id)
);

CREATE INDEX ix_instance_profiles_role_id ON instance_profiles (role_id);

CREATE TABLE internet_gateways (
	id VARCHAR NOT NULL,
	account VARCHAR NOT NULL,
	region VARCHAR NOT NULL,
	vpc_id VARCHAR,
	PRIMARY KEY (id),
	UNIQUE (vpc_id),
	FOREIGN KEY(vpc_id) REFERENCES vpcs (id)
);

CREATE INDEX internet_gateways_scope ON internet_gateways (account, region);

CREATE TABLE kms_aliases (
	account VARCHAR NOT NULL,
	region VARCHAR NOT NULL,
	name VARCHAR NOT NULL,
	key_id VARCHAR NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	PRIMARY KEY (account, region, name),
	FOREIGN KEY(key_id) REFERENCES kms_keys (id) ON DELETE CASCADE
);

CREATE INDEX ix_kms_aliases_key_id ON kms_aliases (key_id);

CREATE TABLE kms_grants (
	id VARCHAR NOT NULL,
	account VARCHAR NOT NULL,
	region VARCHAR NOT NULL,
	key_id VARCHAR NOT NULL,
	created_at BIGINT NOT NULL,
	grantee VARCHAR,
	retiring VARCHAR,
	grantee_service VARCHAR,
	retiring_service VARCHAR,
	operations JSON NOT NULL,
	constraints JSON NOT NULL,
	name VARCHAR,
	PRIMARY KEY (id),
	FOREIGN KEY(key_id) REFERENCES kms_keys (id) ON DELETE CASCADE
);

CREATE INDEX kms_grants_of_key ON kms_grants (key_id, id);

CREATE INDEX kms_grants_scope ON kms_grants (account, region, id);

CREATE TABLE launch_template_versions (
	template_id VARCHAR NOT NULL,
	number INTEGER NOT NULL,
	description TEXT,
	created_at BIGINT NOT NULL,
	created_by VARCHAR NOT NULL,
	data JSON NOT NULL,
	PRIMARY KEY (template_id, number),
	FOREIGN KEY(template_id) REFERENCES launch_templates (id) ON DELETE CASCADE
);

CREATE TABLE nat_gateway_addresses (
	nat_gateway_id VARCHAR NOT NULL,
	private_ip VARCHAR NOT NULL,
	position INTEGER NOT NULL,
	allocation_id VARCHAR,
	public_ip VARCHAR,
	PRIMARY KEY (nat_gateway_id, private_ip),
	FOREIGN KEY(nat_gateway_id) REFERENCES nat_gateways (id) ON DELETE CASCADE
);

CREATE TABLE network_acls (
	id VARCHAR NOT NULL,
	account VARCHAR NOT NULL,
	region VARCHAR NOT NULL,
	vpc_id VARCHAR NOT NULL,
	is_default BOOLEAN NOT NULL,
	PRIMARY KEY (id),
	FOREIGN KEY(vpc_id) REFERENCES vpcs (id)
);

CREATE INDEX ix_network_acls_vpc_id ON network_acls (vpc_id);

CREATE INDEX network_acls_scope ON network_acls (account, region);

CREATE TABLE prefix_list_entries (
	prefix_list_id VARCHAR NOT NULL,
	cidr VARCHAR NOT NULL,
	since INTEGER NOT NULL,
	description VARCHAR,
	until INTEGER,
	PRIMARY KEY (prefix_list_id, cidr, since),
	FOREIGN KEY(prefix_list_id) REFERENCES prefix_lists (id) ON DELETE CASCADE
);

CREATE TABLE prepared_machines (
	id VARCHAR NOT NULL,
	image_id VARCHAR NOT NULL,
	vcpus INTEGER NOT NULL,
	memory_mib INTEGER NOT NULL,
	state VARCHAR NOT NULL,
	layer_id VARCHAR,
	created_at BIGINT NOT NULL,
	ready_at BIGINT,
	reason TEXT,
	PRIMARY KEY (id),
	FOREIGN KEY(layer_id) REFERENCES layers (id)
);

CREATE INDEX ix_prepared_machines_layer_id ON prepared_machines (layer_id);

CREATE INDEX ix_prepared_machines_state ON prepared_machines (state);

CREATE INDEX prepared_machines_size ON prepared_machines (image_id, vcpus, memory_mib);

CREATE TABLE route_tables (
	id VARCHAR NOT NULL,
	account VARCHAR NOT NULL,
	region VARCHAR NOT NULL,
	vpc_id VARCHAR NOT NULL,
	PRIMARY KEY (id),
	FOREIGN KEY(vpc_id) REFERENCES vpcs (id)
);

CREATE INDEX ix_route_tables_vpc_id ON route_tables (vpc_id);

CREATE INDEX route_tables_scope ON route_tables (account, region);

CREATE TABLE security_groups (
	id VARCHAR NOT NULL,
	account VARCHAR NOT NULL,
	region VARCHAR NOT NULL,
	vpc_id VARCHAR NOT NULL,
	name VARCHAR NOT NULL,
	description VARCHAR NOT NULL,
	PRIMARY KEY (id),
	UNIQUE (vpc_id, name),
	FOREIGN KEY(vpc_id) REFERENCES vpcs (id)
);

CREATE INDEX security_groups_scope ON security_groups (account, region);

CREATE TABLE snapshots (
	id VARCHAR NOT NULL,
	account VARCHAR NOT NULL,
	region VARCHAR NOT NULL,
	volume_id VARCHAR NOT NULL,
	volume_size_gib INTEGER NOT NULL,
	state VARCHAR NOT NULL,
	progress INTEGER NOT NULL,
	started_at BIGINT NOT NULL,
	description VARCHAR NOT NULL,
	layer_id VARCHAR,
	completed_at BIGINT,
	state_message TEXT,
	consistency VARCHAR,
	consistency_detail TEXT,
	frozen_ms FLOAT,
	changed_bytes BIGINT,
	full_bytes BIGINT,
	kms_key_id VARCHAR,
	data_key_id VARCHAR,
	storage_tier VARCHAR DEFAULT 'standard' NOT NULL,
	tiering VARCHAR,
	tiered_at BIGINT,
	archived_at BIGINT,
	restored_until BIGINT,
	PRIMARY KEY (id),
	FOREIGN KEY(layer_id) REFERENCES layers (id)
);

CREATE INDEX ix_snapshots_layer_id ON snapshots (layer_id);

CREATE INDEX ix_snapshots_volume_id ON snapshots (volume_id);

CREATE INDEX snapshots_order ON snapshots (account, region, started_at, id);

CREATE INDEX snapshots_restored ON snapshots (restored_until, id) WHERE restored_until IS NOT NULL;

CREATE TABLE steps (
	workflow_id VARCHAR NOT NULL,
	name VARCHAR NOT NULL,
	number INTEGER NOT NULL,
	result JSON,
	error TEXT,
	finished_at BIGINT NOT NULL,
	PRIMARY KEY (workflow_id, name),
	FOREIGN KEY(workflow_id) REFERENCES workflows (id) ON DELETE CASCADE
);

CREATE TABLE subnets (
	id VARCHAR NOT NULL,
	account VARCHAR NOT NULL,
	region VARCHAR NOT NULL,
	vpc_id VARCHAR NOT NULL,
	zone VARCHAR NOT NULL,
	zone_id VARCHAR NOT NULL,
	cidr VARCHAR NOT NULL,
	default_for_az BOOLEAN NOT NULL,
	map_public_ip_on_launch BOOLEAN NOT NULL,
	acl_id VARCHAR DEFAULT '' NOT NULL,
	acl_association_id VARCHAR DEFAULT '' NOT NULL,
	ipv6_cidr VARCHAR,
	ipv6_association_id VARCHAR,
	assign_ipv6 BOOLEAN DEFAULT 0 NOT NULL,
	dns64 BOOLEAN DEFAULT 0 NOT NULL,
	hostname_type VARCHAR DEFAULT 'ip-name' NOT NULL,
	resource_name_a BOOLEAN DEFAULT 0 NOT NULL,
	resource_name_aaaa BOOLEAN DEFAULT 0 NOT NULL,
	PRIMARY KEY (id),
	FOREIGN KEY(vpc_id) REFERENCES vpcs (id)
);

CREATE INDEX ix_subnets_acl_association_id ON subnets (acl_association_id);

CREATE INDEX ix_subnets_acl_id ON subnets (acl_id);

CREATE INDEX ix_subnets_vpc_id ON subnets (vpc_id);

CREATE INDEX subnets_scope ON subnets (account, region);

CREATE TABLE volumes (
	id VARCHAR NOT NULL,
	account VARCHAR NOT NULL,
	region VARCHAR NOT NULL,
	zone VARCHAR NOT NULL,
	size_gib INTEGER NOT NULL,
	volume_type VARCHAR NOT NULL,
	iops INTEGER,
	throughput INTEGER,
	snapshot_id VARCHAR NOT NULL,
	state VARCHAR NOT NULL,
	created_at BIGINT NOT NULL,
	head VARCHAR NOT NULL,
	encrypted BOOLEAN NOT NULL,
	auto_enable_io BOOLEAN DEFAULT 0 NOT NULL,
	kms_key_id VARCHAR,
	data_key_id VARCHAR,
	multi_attach BOOLEAN DEFAULT 0 NOT NULL,
	PRIMARY KEY (id),
	FOREIGN KEY(head) REFERENCES layers (id)
);

CREATE INDEX ix_volumes_head ON volumes (head);

CREATE INDEX volumes_order ON volumes (account, region, created_at, id);

CREATE TABLE vpc_blocks (
	id VARCHAR NOT NULL,
	account VARCHAR NOT NULL,
	region VARCHAR NOT NULL,
	vpc_id VARCHAR NOT NULL,
	cidr VARCHAR NOT NULL,
	PRIMARY KEY (id),
	FOREIGN KEY(vpc_id) REFERENCES vpcs (id) ON DELETE CASCADE
);

CREATE INDEX ix_vpc_blocks_vpc_id ON vpc_blocks (vpc_id);

CREATE INDEX vpc_blocks_scope ON vpc_blocks (account, region);

CREATE TABLE acl_entries (
	acl_id VARCHAR NOT NULL,
	egress BOOLEAN NOT NULL,
	number INTEGER NOT NULL,
	protocol VARCHAR NOT NULL,
	allow BOOLEAN NOT NULL,
	cidr_ipv4 VARCHAR,
	cidr_ipv6 VARCHAR,
	from_port INTEGER,
	to_port INTEGER,
	icmp_type INTEGER,
	icmp_code INTEGER,
	PRIMARY KEY (acl_id, egress, number),
	FOREIGN KEY(acl_id) REFERENCES network_acls (id) ON DELETE CASCADE
);

CREATE TABLE attachments (
	volume_id VARCHAR NOT NULL,
	instance_id VARCHAR NOT NULL,
	device VARCHAR NOT NULL,
	state VARCHAR NOT NULL,
	attached_at BIGINT NOT NULL,
	delete_on_termination BOOLEAN NOT NULL,
	position INTEGER NOT NULL,
	after_boot INTEGER DEFAULT '0' NOT NULL,
	PRIMARY KEY (volume_id),
	FOREIGN KEY(volume_id) REFERENCES volumes (id) ON DELETE CASCADE,
	FOREIGN KEY(instance_id) REFERENCES instances (id)
);

CREATE INDEX ix_attachments_instance_id ON attachments (instance_id);

CREATE TABLE former_blocks (
	id VARCHAR NOT NULL,
	account VARCHAR NOT NULL,
	region VARCHAR NOT NULL,
	vpc_id VARCHAR,
	subnet_id VARCHAR,
	cidr VARCHAR NOT NULL,
	taken_at BIGINT NOT NULL,
	PRIMARY KEY (id),
	FOREIGN KEY(vpc_id) REFERENCES vpcs (id) ON DELETE CASCADE,
	FOREIGN KEY(subnet_id) REFERENCES subnets (id) ON DELETE CASCADE
);

CREATE INDEX former_blocks_scope ON former_blocks (account, region);

CREATE INDEX ix_former_blocks_subnet_id ON former_blocks (subnet_id);

CREATE INDEX ix_former_blocks_taken_at ON former_blocks (taken_at);

CREATE INDEX ix_former_blocks_vpc_id ON former_blocks (vpc_id);

CREATE TABLE group_associations (
	group_id VARCHAR NOT NULL,
	vpc_id VARCHAR NOT NULL,
	account VARCHAR NOT NULL,
	region VARCHAR NOT NULL,
	PRIMARY KEY (group_id, vpc_id),
	FOREIGN KEY(group_id) REFERENCES security_groups (id) ON DELETE CASCADE,
	FOREIGN KEY(vpc_id) REFERENCES vpcs (id) ON DELETE CASCADE
);

CREATE INDEX group_associations_scope ON group_associations (account, region);

CREATE INDEX ix_group_associations_vpc_id ON group_associations (vpc_id);

CREATE TABLE network_interfaces (
	id VARCHAR NOT NULL,
	account VARCHAR NOT NULL,
	region VARCHAR NOT NULL,
	vpc_id VARCHAR NOT NULL,
	subnet_id VARCHAR NOT NULL,
	mac VARCHAR NOT NULL,
	private_ip VARCHAR NOT NULL,
	description VARCHAR NOT NULL,
	source_dest_check BOOLEAN NOT NULL,
	instance_id VARCHAR,
	attachment_id VARCHAR,
	device_index INTEGER,
	attached_at BIGINT,
	delete_on_termination BOOLEAN NOT NULL,
	attachment_state VARCHAR DEFAULT 'attached' NOT NULL,
	kind VARCHAR DEFAULT 'interface' NOT NULL,
	tcp_established_timeout INTEGER,
	udp_stream_timeout INTEGER,
	udp_timeout INTEGER,
	requester_id VARCHAR,
	PRIMARY KEY (id),
	UNIQUE (subnet_id, private_ip),
	UNIQUE (instance_id, device_index),
	FOREIGN KEY(vpc_id) REFERENCES vpcs (id),
	FOREIGN KEY(subnet_id) REFERENCES subnets (id),
	FOREIGN KEY(instance_id) REFERENCES instances (id)
);

CREATE INDEX network_interfaces_address ON network_interfaces (account, region, private_ip);

CREATE INDEX network_interfaces_attachment ON network_interfaces (attachment_id);

CREATE INDEX network_interfaces_order ON network_interfaces (account, region, id);

CREATE TABLE route_table_associations (
	id VARCHAR NOT NULL,
	account VARCHAR NOT NULL,
	region VARCHAR NOT NULL,
	vpc_id VARCHAR NOT NULL,
	route_table_id VARCHAR NOT NULL,
	main BOOLEAN NOT NULL,
	subnet_id VARCHAR,
	gateway_id VARCHAR,
	PRIMARY KEY (id),
	FOREIGN KEY(vpc_id) REFERENCES vpcs (id),
	FOREIGN KEY(route_table_id) REFERENCES route_tables (id),
	UNIQUE (subnet_id),
	FOREIGN KEY(subnet_id) REFERENCES subnets (id),
	UNIQUE (gateway_id)
);

CREATE INDEX ix_route_table_associations_route_table_id ON route_table_associations (route_table_id);

CREATE INDEX ix_route_table_associations_vpc_id ON route_table_associations (vpc_id);

CREATE INDEX route_table_associations_scope ON route_table_associations (account, region);

CREATE TABLE routes (
	route_table_id VARCHAR NOT NULL,
	destination VARCHAR NOT NULL,
	target VARCHAR NOT NULL,
	target_id VARCHAR NOT NULL,
	PRIMARY KEY (route_table_id, destination),
	FOREIGN KEY(route_table_id) REFERENCES route_tables (id) ON DELETE CASCADE
);

CREATE INDEX ix_routes_destination ON routes (destination);

CREATE INDEX ix_routes_target_id ON routes (target_id);

CREATE TABLE security_group_rules (
	id VARCHAR NOT NULL,
	group_id VARCHAR NOT NULL,
	account VARCHAR NOT NULL,
	region VARCHAR NOT NULL,
	egress BOOLEAN NOT NULL,
	protocol VARCHAR NOT NULL,
	from_port INTEGER NOT NULL,
	to_port INTEGER NOT NULL,
	cidr_ipv4 VARCHAR,
	cidr_ipv6 VARCHAR,
	prefix_list_id VARCHAR,
	source_group_id VARCHAR,
	description VARCHAR,
	PRIMARY KEY (id),
	FOREIGN KEY(group_id) REFERENCES security_groups (id) ON DELETE CASCADE
);

CREATE INDEX ix_security_group_rules_group_id ON security_group_rules (group_id);

CREATE INDEX ix_security_group_rules_prefix_list_id ON security_group_rules (prefix_list_id);

CREATE INDEX ix_security_group_rules_source_group_id ON security_group_rules (source_group_id);

CREATE INDEX security_group_rules_order ON security_group_rules (account, region, id);

CREATE TABLE snapshot_locks (
	id VARCHAR NOT NULL,
	account VARCHAR NOT NULL,
	region VARCHAR NOT NULL,
	mode VARCHAR NOT NULL,
	created_at BIGINT NOT NULL,
	counted_from BIGINT NOT NULL,
	days INTEGER,
	until BIGINT,
	cool_off_hours INTEGER,
	cool_off_until BIGINT,
	PRIMARY KEY (id),
	FOREIGN KEY(id) REFERENCES snapshots (id) ON DELETE CASCADE
);

CREATE INDEX snapshot_locks_scope ON snapshot_locks (account, region, id);

CREATE TABLE subnet_reservations (
	id VARCHAR NOT NULL,
	account VARCHAR NOT NULL,
	region VARCHAR NOT NULL,
	subnet_id VARCHAR NOT NULL,
	cidr VARCHAR NOT NULL,
	kind VARCHAR NOT NULL,
	description VARCHAR,
	PRIMARY KEY (id),
	FOREIGN KEY(subnet_id) REFERENCES subnets (id) ON DELETE CASCADE
);

CREATE INDEX ix_subnet_reservations_subnet_id ON subnet_reservations (subnet_id);

CREATE INDEX subnet_reservations_scope ON subnet_reservations (account, region);

CREATE TABLE volume_modifications (
	volume_id VARCHAR NOT NULL,
	state VARCHAR NOT NULL,
	progress INTEGER NOT NULL,
	started_at BIGINT NOT NULL,
	original_size_gib INTEGER NOT NULL,
	original_volume_type VARCHAR NOT NULL,
	target_size_gib INTEGER NOT NULL,
	target_volume_type VARCHAR NOT NULL,
	original_iops INTEGER,
	original_throughput INTEGER,
	target_iops INTEGER,
	target_throughput INTEGER,
	original_multi_attach BOOLEAN DEFAULT 0 NOT NULL,
	target_multi_attach BOOLEAN DEFAULT 0 NOT NULL,
	ended_at BIGINT,
	status_message TEXT,
	PRIMARY KEY (volume_id),
	FOREIGN KEY(volume_id) REFERENCES volumes (id) ON DELETE CASCADE
);

CREATE TABLE elastic_ips (
	id VARCHAR NOT NULL,
	account VARCHAR NOT NULL,
	region VARCHAR NOT NULL,
	public_ip VARCHAR NOT NULL,
	association_id VARCHAR,
	interface_id VARCHAR,
	private_ip VARCHAR,
	ptr_record VARCHAR,
	PRIMARY KEY (id),
	UNIQUE (public_ip),
	UNIQUE (association_id),
	FOREIGN KEY(interface_id) REFERENCES network_interfaces (id)
);

CREATE INDEX elastic_ips_scope ON elastic_ips (account, region);

CREATE INDEX ix_elastic_ips_interface_id ON elastic_ips (interface_id);

CREATE TABLE interface_groups (
	interface_id VARCHAR NOT NULL,
	position INTEGER NOT NULL,
	group_id VARCHAR NOT NULL,
	PRIMARY KEY (interface_id, position),
	FOREIGN KEY(interface_id) REFERENCES network_interfaces (id) ON DELETE CASCADE,
	FOREIGN KEY(group_id) REFERENCES security_groups (id)
);

CREATE INDEX ix_interface_groups_group_id ON interface_groups (group_id);

CREATE TABLE ipv6_addresses (
	subnet_id VARCHAR NOT NULL,
	address VARCHAR NOT NULL,
	interface_id VARCHAR NOT NULL,
	position INTEGER NOT NULL,
	is_primary BOOLEAN NOT NULL,
	PRIMARY KEY (subnet_id, address),
	FOREIGN KEY(subnet_id) REFERENCES subnets (id),
	FOREIGN KEY(interface_id) REFERENCES network_interfaces (id) ON DELETE CASCADE
);

CREATE INDEX ix_ipv6_addresses_interface_id ON ipv6_addresses (interface_id);

CREATE TABLE secondary_addresses (
	subnet_id VARCHAR NOT NULL,
	private_ip VARCHAR NOT NULL,
	interface_id VARCHAR NOT NULL,
	position INTEGER NOT NULL,
	PRIMARY KEY (subnet_id, private_ip),
	FOREIGN KEY(subnet_id) REFERENCES subnets (id),
	FOREIGN KEY(interface_id) REFERENCES network_interfaces (id) ON DELETE CASCADE
);

CREATE INDEX ix_secondary_addresses_interface_id ON secondary_addresses (interface_id);

CREATE INDEX secondary_addresses_address ON secondary_addresses (private_ip);

CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY);

INSERT INTO alembic_version VALUES ('0036');

