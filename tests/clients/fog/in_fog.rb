# What people do with fog-aws (Chef, Vagrant and CarrierWave use it): prints what it has read, as JSON.
require "json"
require "fog/aws"

cloud = Fog::Compute.new(
  provider: "AWS",
  aws_access_key_id: ENV.fetch("AWS_ACCESS_KEY_ID"),
  aws_secret_access_key: ENV.fetch("AWS_SECRET_ACCESS_KEY"),
  region: ENV.fetch("AWS_REGION"),
  endpoint: ENV.fetch("AWS_ENDPOINT_URL")
)
told = {}

def refused
  yield
  nil
rescue Fog::Errors::Error => refusal
  refusal.message
end

image = cloud.describe_images("Owner" => "self").body["imagesSet"].first
told["image"] = image["name"]

key = cloud.key_pairs.create(name: "fog")
told["key"] = key.private_key.lines.first.strip
group = cloud.security_groups.create(name: "fog", description: "by fog")
group.authorize_port_range(22..22)
told["ports"] = cloud.security_groups.get("fog").ip_permissions.map { |one| [one["fromPort"], one["toPort"]] }

server = cloud.servers.create(
  image_id: image["imageId"], flavor_id: "t3.micro", key_name: "fog", groups: ["fog"], tags: { "Name" => "fog ☃" }
)
server.wait_for(60, 0.2) { ready? }
told["server"] = [server.state, server.flavor_id, server.key_name, server.tags]

volume = cloud.volumes.create(availability_zone: server.availability_zone, size: 1)
volume.wait_for(60, 0.2) { ready? }
volume.attach(server, "/dev/sdf")
volume.wait_for(60, 0.2) { state == "in-use" }
told["volume"] = [volume.size, volume.device, volume.server_id == server.id]

made = cloud.create_image(server.id, "fog-#{Time.now.to_i}", "autoAMI of fog", true).body["imageId"]
named = { "image-id" => made }
Fog.wait_for(60, 0.2) { cloud.describe_images(named).body["imagesSet"].first["imageState"] == "available" }
disks = cloud.describe_images(named).body["imagesSet"].first["blockDeviceMapping"]
told["disks"] = disks.map { |one| one["deviceName"] }
snapshots = disks.map { |one| one["snapshotId"] }
told["in use"] = refused { cloud.delete_snapshot(snapshots.first) }.sub(snapshots.first, "SNAPSHOT").sub(made, "IMAGE")
cloud.deregister_image(made)
snapshots.each { |one| cloud.snapshots.get(one).destroy }
told["pruned"] = cloud.snapshots.all("snapshot-id" => snapshots).size

cloud.modify_instance_attribute(server.id, "DisableApiTermination.Value" => true)
told["protected"] = refused { server.destroy }.sub(server.id, "SERVER")
cloud.modify_instance_attribute(server.id, "DisableApiTermination.Value" => false)
told["unknown"] = refused { cloud.servers.get("i-0123456789abcdef0") || cloud.stop_instances("i-0123456789abcdef0") }

address = cloud.addresses.create(domain: "vpc")
address.server = server
server.reload
told["address"] = server.public_ip_address == address.public_ip
address = cloud.addresses.get(address.public_ip) # with its association, by which it is taken away
address.server = nil
address.destroy

server.stop
server.wait_for(60, 0.2) { state == "stopped" }
server.destroy
server.wait_for(60, 0.2) { state == "terminated" }
told["end"] = [server.state, cloud.addresses.all.size]
told["networks"] = [cloud.vpcs.all.map(&:cidr_block), cloud.subnets.all.size]
puts JSON.generate(told)
