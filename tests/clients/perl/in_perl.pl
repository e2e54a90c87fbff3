# An instance's life in the words of Net::Amazon::EC2, which names the EC2 API of 2014-06-15; prints JSON.
use strict;
use warnings;

use JSON::PP;
use Net::Amazon::EC2;
use Time::HiRes qw(sleep time);

my $PATIENCE = 30;    # seconds

my $ec2 = Net::Amazon::EC2->new(
    AWSAccessKeyId  => $ENV{AWS_ACCESS_KEY_ID},
    SecretAccessKey => $ENV{AWS_SECRET_ACCESS_KEY},
    region          => $ENV{AWS_REGION},
    base_url        => $ENV{AWS_ENDPOINT_URL},
);
my %told = ( version => $ec2->version );

sub wait_until {
    my ( $what, $question ) = @_;
    my $deadline = time + $PATIENCE;
    until ( $question->() ) {
        die "$what is not so after $PATIENCE s\n" if time > $deadline;
        sleep 0.2;
    }
}

sub instance {
    my ($id) = @_;
    return $ec2->describe_instances( InstanceId => $id )->[0]->instances_set->[0];
}

sub in_state {
    my ( $id, $state ) = @_;
    wait_until( "$id $state", sub { instance($id)->instance_state->name eq $state } );
}

# The code of what EC2 refuses: Net::Amazon::EC2 dies of it.
sub refused {
    my ($ask) = @_;
    eval { $ask->(); 1 } and return "granted";
    return "$@" =~ /^\[([\w.]+)\]/m ? $1 : "$@";
}

$told{zones} = [ map { $_->zone_name } @{ $ec2->describe_availability_zones } ];
my ($image) = @{ $ec2->describe_images( Owner => "self" ) };
$told{image} = $image->name;
$told{key}   = ( split /\n/, $ec2->create_key_pair( KeyName => "perl" )->key_material )[0];
$ec2->create_security_group( GroupName => "perl", GroupDescription => "by perl" );

my $launched = $ec2->run_instances(
    ImageId       => $image->image_id,
    MinCount      => 1,
    MaxCount      => 1,
    InstanceType  => "t2.micro",
    KeyName       => "perl",
    SecurityGroup => "perl",
);
my $id = $launched->instances_set->[0]->instance_id;
in_state( $id, "running" );
$ec2->create_tags( ResourceId => $id, Tags => { Name => "perl" } );
my $running = instance($id);
$told{instance} = [ $running->instance_type, $running->key_name, map { $_->value } @{ $running->tag_set } ];

my $zone   = $running->placement->availability_zone;
my $volume = $ec2->create_volume( Size => 1, AvailabilityZone => $zone )->volume_id;
wait_until( "the volume", sub { $ec2->describe_volumes( VolumeId => $volume )->[0]->status eq "available" } );
$told{attached} = $ec2->attach_volume( VolumeId => $volume, InstanceId => $id, Device => "/dev/sdf" )->status;
wait_until( "the volume", sub { $ec2->describe_volumes( VolumeId => $volume )->[0]->status eq "in-use" } );
my $snapshot = $ec2->create_snapshot( VolumeId => $volume )->snapshot_id;
wait_until( "the snapshot", sub { $ec2->describe_snapshots( SnapshotId => $snapshot )->[0]->status eq "completed" } );
$ec2->detach_volume( VolumeId => $volume );
wait_until( "the volume", sub { $ec2->describe_volumes( VolumeId => $volume )->[0]->status eq "available" } );
$told{deleted} = [ map { $_ ? 1 : 0 } $ec2->delete_snapshot( SnapshotId => $snapshot ), $ec2->delete_volume( VolumeId => $volume ) ];

my $made = $ec2->create_image( InstanceId => $id, Name => "from perl", NoReboot => "true" );
wait_until( "the image", sub { $ec2->describe_images( ImageId => $made )->[0]->image_state eq "available" } );
$told{made} = $ec2->describe_images( ImageId => $made )->[0]->name;
$told{deregistered} = $ec2->deregister_image( ImageId => $made ) ? 1 : 0;

$ec2->stop_instances( InstanceId => $id );
in_state( $id, "stopped" );
$ec2->modify_instance_attribute( InstanceId => $id, Attribute => "disableApiTermination", Value => "true" );
$told{protected} = refused( sub { $ec2->terminate_instances( InstanceId => $id ) } );
$ec2->modify_instance_attribute( InstanceId => $id, Attribute => "disableApiTermination", Value => "false" );
$told{unknown} = refused( sub { $ec2->describe_instances( InstanceId => "i-0123456789abcdef0" ) } );
$ec2->terminate_instances( InstanceId => $id );
in_state( $id, "terminated" );
$told{gone} = $ec2->delete_key_pair( KeyName => "perl" ) ? 1 : 0;
print encode_json( \%told );
