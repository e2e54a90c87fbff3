"""The console's security groups as a person uses them: Chromium, a server of its own, simulated guests."""

import re
from collections.abc import Sequence
from typing import Any

import pytest
from cloud_process import AwsCli, CloudProcess, Sdk
from console_browser import Person, launch, new_profile
from playwright.sync_api import Browser, Locator, Route, expect
from waiting import eventually

pytestmark = pytest.mark.browser

_GROUPS = "us-east-1/security-groups"


@pytest.fixture(scope="module")
def instance(sdk: Sdk) -> str:
    return launch(sdk, "guarded")


def group_of(sdk: Sdk, name: str, *permissions: dict[str, Any]) -> str:
    """A new group that admits this."""
    client = sdk.client()
    group = str(client.create_security_group(GroupName=name, Description=f"the group {name}")["GroupId"])
    if permissions:
        client.authorize_security_group_ingress(GroupId=group, IpPermissions=permissions)
    return group


def admitting(port: int, block: str = "0.0.0.0/0", **more: str) -> dict[str, Any]:
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": block, **more}]}


def rules_of(sdk: Sdk, group: str, *, egress: bool = False) -> dict[str, tuple[Any, ...]]:
    """The rules of a group by their ids: protocol, ports, source, description."""
    found = sdk.client().describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])
    return {
        rule["SecurityGroupRuleId"]: (
            rule["IpProtocol"],
            rule["FromPort"],
            rule["ToPort"],
            rule.get("CidrIpv4") or rule.get("CidrIpv6") or rule["ReferencedGroupInfo"]["GroupId"],
            rule.get("Description"),
        )
        for rule in found["SecurityGroupRules"]
        if rule["IsEgress"] == egress
    }


def said(rules: dict[str, tuple[Any, ...]]) -> set[tuple[Any, ...]]:
    return set(rules.values())


def pick(person: Person, field: Locator, option: str) -> None:
    """An option of a list that opens at a field."""
    field.click()
    person.page.get_by_role("option", name=option, exact=True).click()


def listed(within: Locator, name: str) -> Locator:
    """The fields of that name that open a list."""
    return within.get_by_role("button", name=re.compile(f"^{name} "))


def written(within: Locator, name: str) -> Locator:
    """The fields of that name that are written into."""
    return within.get_by_role("textbox", name=name, exact=True)


def write_rule(person: Person, within: Locator, kind: str, source: str, **fields: str) -> None:
    """A new rule in the last row of an editor: its type, its source, and what else it needs."""
    within.get_by_role("button", name="Add rule").click()
    pick(person, listed(within, "Type").last, kind)
    for name, text in fields.items():
        label = {"ports": "Port range", "protocol": "Protocol", "description": "Description - optional"}[name]
        written(within, label).last.fill(text)
    if source.startswith("Anywhere"):
        pick(person, listed(within, "Source type").last, source)
    else:
        within.get_by_role("combobox", name="Source", exact=True).last.fill(source)


def commands(person: Person) -> Sequence[str]:
    """What the open dialog shows as CLI."""
    person.dialog.get_by_role("button", name="Show as CLI").click()
    shown = person.dialog.get_by_text(re.compile(r"aws ec2 "))
    expect(shown.first).to_be_visible()
    return [text.strip() for text in shown.all_inner_texts()]


def test_rules_are_edited_and_what_stays_is_left_alone(
    cloud: CloudProcess, person: Person, sdk: Sdk, instance: str
) -> None:
    other = group_of(sdk, "edited-other")
    group = group_of(sdk, "edited", admitting(22, Description="ssh"), admitting(80), admitting(81))
    sdk.client().modify_instance_attribute(InstanceId=instance, Groups=[group])
    ids = {rule[1]: id for id, rule in rules_of(sdk, group).items()}
    person.visit(cloud.endpoint, f"{_GROUPS}/{group}/inbound")
    expect(person.page.get_by_text("SSH is open to the world")).to_be_visible()
    expect(person.row(ids[22]).get_by_text("SSH", exact=True)).to_be_visible()
    assert person.violations() == []
    person.picture("security-group-rules")

    person.page.locator("main").get_by_role("button", name="Edit inbound rules").click()
    rows = person.dialog
    expect(written(rows, "Port range")).to_have_count(3)
    expect(rows.get_by_role("button", name="Save rules")).to_be_disabled()
    order = written(rows, "Security group rule ID")
    at = {order.nth(index).input_value(): index for index in range(3)}
    # Port 80 becomes 8080 and keeps its id, 81 goes, 22 is described otherwise; two are new, one of them from a group.
    pick(person, listed(rows, "Type").nth(at[ids[80]]), "Custom TCP")
    written(rows, "Port range").nth(at[ids[80]]).fill("80800")
    expect(rows.get_by_text("TCP/UDP port (80800) out of range", exact=True)).to_be_visible()
    assert person.violations() == []
    written(rows, "Port range").nth(at[ids[80]]).fill("8080")
    written(rows, "Description - optional").nth(at[ids[22]]).fill("from anywhere")
    rows.get_by_role("button", name=f"Delete rule {at[ids[81]] + 1}", exact=True).click()
    write_rule(person, rows, "HTTPS", "Anywhere-IPv6", description="web")
    write_rule(person, rows, "Custom UDP", other, ports="5000-5010")
    expect(rows.get_by_text("Add HTTPS: TCP 443 from ::/0")).to_be_visible()
    expect(
        rows.get_by_text(f"Modify {ids[80]}: HTTP: TCP 80 from 0.0.0.0/0 becomes Custom TCP: TCP 8080")
    ).to_be_visible()
    expect(rows.get_by_text(f"Delete {ids[81]}: Custom TCP: TCP 81")).to_be_visible()
    actions = [command.split()[2] for command in commands(person)]
    assert actions == [
        "update-security-group-rule-descriptions-ingress",
        "authorize-security-group-ingress",
        "modify-security-group-rules",
        "revoke-security-group-ingress",
    ]
    person.picture("security-group-editor")
    assert person.violations() == []
    rows.get_by_role("button", name="Save rules").click()
    expect(person.page.get_by_text(f"The rules of edited ({group}) are changed (5).")).to_be_visible()
    after = rules_of(sdk, group)
    assert said(after) == {
        ("tcp", 22, 22, "0.0.0.0/0", "from anywhere"),
        ("tcp", 8080, 8080, "0.0.0.0/0", None),
        ("tcp", 443, 443, "::/0", "web"),
        ("udp", 5000, 5010, other, None),
    }
    assert after[ids[80]][1] == 8080
    assert ids[22] in after
    expect(person.row(ids[80]).get_by_text("8080", exact=True)).to_be_visible()
    ports = {forward["guest_port"] for forward in cloud.evidence(f"instances/{instance}")["forwards"]}
    assert ports == {22, 8080}


def test_outbound_rules_are_edited_from_the_menu(cloud: CloudProcess, person: Person, sdk: Sdk) -> None:
    group = group_of(sdk, "outbound")
    person.visit(cloud.endpoint, _GROUPS)
    person.select(group)
    person.choose("Actions", "Edit outbound rules")
    person.dialog.get_by_role("button", name="Delete rule 1").click()
    person.dialog.get_by_role("button", name="Add rule").click()
    pick(person, listed(person.dialog, "Type").last, "Custom ICMP - IPv4")
    pick(person, listed(person.dialog, "Protocol").last, "Echo Request (8)")
    person.dialog.get_by_role("combobox", name="Destination", exact=True).last.fill("10.1.2.3/16")
    person.dialog.get_by_role("button", name="Save rules").click()
    expect(person.page.get_by_text(f"The rules of outbound ({group}) are changed (2).")).to_be_visible()
    assert said(rules_of(sdk, group, egress=True)) == {("icmp", 8, -1, "10.1.0.0/16", None)}


def test_the_commands_that_the_editor_shows_do_the_same(
    cloud: CloudProcess, person: Person, sdk: Sdk, aws: AwsCli
) -> None:
    group = group_of(sdk, "by-cli", admitting(22, Description="it (is)"), admitting(80, "10.0.0.0/8"))
    person.visit(cloud.endpoint, f"{_GROUPS}/{group}")
    person.choose("Actions", "Edit inbound rules")
    rows = person.dialog
    ports = written(rows, "Port range")
    ssh = next(index for index in range(2) if ports.nth(index).input_value() == "22")
    pick(person, listed(rows, "Type").nth(ssh), "HTTPS")
    rows.get_by_role("button", name=f"Delete rule {2 - ssh}").click()
    write_rule(person, rows, "All ICMP - IPv4", "127.0.0.1/8", description="$HOME (x) {a}")
    aws.script(*commands(person))
    after = rules_of(sdk, group)
    assert said(after) == {("tcp", 443, 443, "0.0.0.0/0", "it (is)"), ("icmp", -1, -1, "127.0.0.0/8", "$HOME (x) {a}")}
    expect(rows.get_by_text("The rules were changed elsewhere since they were opened here.").first).to_be_visible()

    def is_current() -> bool:  # the commands were several calls, after each of which the page may have read
        if (take_over := rows.get_by_role("button", name="Take them over")).is_visible():
            take_over.click()
        return rows.get_by_text("Nothing is changed yet").first.is_visible()

    eventually(is_current, within=20)


def test_where_a_call_is_refused_the_editor_stays_open_on_what_the_group_has_then(
    cloud: CloudProcess, person: Person, sdk: Sdk
) -> None:
    group = group_of(sdk, "partly", admitting(22), admitting(80))
    person.visit(cloud.endpoint, f"{_GROUPS}/{group}")
    person.choose("Actions", "Edit inbound rules")
    rows = person.dialog
    first = written(rows, "Security group rule ID").nth(0).input_value()
    pick(person, listed(rows, "Type").nth(0), "HTTPS")
    write_rule(person, rows, "RDP", "10.0.0.0/8")

    def refuse(route: Route) -> None:
        if "ModifySecurityGroupRules" not in (route.request.post_data or ""):
            route.continue_()
            return
        refusal = {"code": "RequestLimitExceeded", "message": "Request limit exceeded."}
        route.fulfill(status=400, json=refusal, headers={"x-amzn-RequestId": "req-7"})

    person.page.route("**/console/api/call", refuse)
    rows.get_by_role("button", name="Save rules").click()
    expect(rows.get_by_text("Request limit exceeded. (RequestLimitExceeded, request req-7)")).to_be_visible()
    expect(rows.get_by_text("Done: AuthorizeSecurityGroupIngress.")).to_be_visible()
    expect(rows.get_by_text("Add RDP")).to_have_count(0)
    expect(rows.get_by_text(f"Modify {first}:")).to_be_visible()
    person.picture("security-group-partly")
    assert person.violations() == []
    person.page.unroute("**/console/api/call")
    rows.get_by_role("button", name="Save rules").click()
    expect(person.page.get_by_text(f"The rules of partly ({group}) are changed (1).")).to_be_visible()
    after = rules_of(sdk, group)
    assert after[first][1] == 443
    assert len(after) == 3 and ("tcp", 3389, 3389, "10.0.0.0/8", None) in said(after)


def test_a_group_is_created_with_its_rules_and_tags(cloud: CloudProcess, person: Person, sdk: Sdk, aws: AwsCli) -> None:
    person.visit(cloud.endpoint, _GROUPS)
    person.page.get_by_role("button", name="Create security group").click()
    form = person.dialog
    expect(form.get_by_role("button", name="Create security group")).to_be_disabled()
    form.get_by_label("Security group name").fill("sg-made")
    expect(form.get_by_text("Group names may not be in the format sg-*.")).to_be_visible()
    form.get_by_label("Security group name").fill("made")
    form.get_by_label("Description", exact=True).fill("made in the console")
    write_rule(person, form.get_by_role("region", name="Inbound rules"), "SSH", "Anywhere-IPv4")
    expect(form.get_by_text("SSH is open to the world")).to_be_visible()
    outbound = form.get_by_role("region", name="Outbound rules")
    pick(person, listed(outbound, "Type"), "HTTPS")
    form.get_by_role("button", name="Add new tag").click()
    form.get_by_role("combobox", name="Key").fill("Name")
    form.get_by_role("combobox", name="Value").fill("mine")
    shown = commands(person)
    person.picture("security-group-create")
    assert person.violations() == []
    aws.script(*shown)
    client = sdk.client()
    wanted = {"Filters": [{"Name": "group-name", "Values": ["made"]}]}
    (by_cli,) = client.describe_security_groups(**wanted)["SecurityGroups"]
    rules = [said(rules_of(sdk, by_cli["GroupId"], egress=egress)) for egress in (False, True)]
    client.delete_security_group(GroupId=by_cli["GroupId"])
    form.get_by_role("button", name="Create security group").click()
    expect(person.page.get_by_text(re.compile("The security group made .* is created"))).to_be_visible()
    (made,) = client.describe_security_groups(**wanted)["SecurityGroups"]
    assert made["Description"] == "made in the console"
    assert made["Tags"] == by_cli["Tags"] == [{"Key": "Name", "Value": "mine"}]
    assert [said(rules_of(sdk, made["GroupId"], egress=egress)) for egress in (False, True)] == rules
    assert rules == [{("tcp", 22, 22, "0.0.0.0/0", None)}, {("tcp", 443, 443, "0.0.0.0/0", None)}]
    expect(person.row(made["GroupId"]).get_by_text("mine", exact=True)).to_be_visible()


def test_a_group_is_copied_and_a_name_that_is_taken_is_refused_in_place(
    cloud: CloudProcess, person: Person, sdk: Sdk
) -> None:
    group = group_of(sdk, "original", admitting(8443, "10.0.0.0/8", Description="app"))
    person.visit(cloud.endpoint, _GROUPS)
    person.select(group)
    person.choose("Actions", "Copy to new security group")
    form = person.dialog
    form.get_by_label("Security group name").fill("original")
    form.get_by_label("Description", exact=True).fill("a copy")
    form.get_by_role("button", name="Create security group").click()
    expect(form.get_by_text("The security group 'original' already exists for VPC")).to_be_visible()
    form.get_by_label("Security group name").fill("copied")
    form.get_by_role("button", name="Create security group").click()
    expect(person.page.get_by_text(re.compile("The security group copied .* is created"))).to_be_visible()
    found = sdk.client().describe_security_groups(GroupNames=["copied"])["SecurityGroups"]
    assert said(rules_of(sdk, found[0]["GroupId"])) == {("tcp", 8443, 8443, "10.0.0.0/8", "app")}


def test_groups_are_deleted_and_each_that_is_used_says_by_what(
    cloud: CloudProcess, person: Person, sdk: Sdk, instance: str
) -> None:
    client = sdk.client()
    free, used, named = (group_of(sdk, f"gone-{name}") for name in ("free", "used", "named"))
    pair = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": named}]}
    client.authorize_security_group_ingress(GroupId=used, IpPermissions=[pair])
    client.modify_instance_attribute(InstanceId=instance, Groups=[used])
    person.visit(cloud.endpoint, _GROUPS)
    find = person.page.get_by_role("combobox", name="Find Security groups by property or text")
    find.fill("gone-")
    find.press("Enter")
    expect(person.row("gone-")).to_have_count(3)
    person.page.get_by_role("checkbox", name="Select all").set_checked(True, force=True)
    person.choose("Actions", "Delete security groups")
    expect(person.dialog.get_by_text(f"resource {used} has a dependent object (DependencyViolation)")).to_be_visible()
    expect(
        person.dialog.get_by_text(re.compile(rf"Network interfaces are in it: eni-\w+ \({instance}\)"))
    ).to_be_visible()
    expect(person.dialog.get_by_text(re.compile(rf"Rules of other groups name it: sgr-\w+ \({used}"))).to_be_visible()
    person.picture("security-groups-delete")
    assert person.violations() == []
    person.dialog.get_by_role("button", name="Delete security group (1)").click()
    expect(person.page.get_by_text(f"Delete security group: done for 1 of 3 (gone-free ({free}))")).to_be_visible()
    left = {group["GroupId"] for group in client.describe_security_groups()["SecurityGroups"]}
    assert (free in left, used in left, named in left) == (False, True, True)

    person.visit(cloud.endpoint, f"{_GROUPS}/{used}/uses")
    expect(person.page.locator("main").get_by_role("link", name=instance)).to_be_visible()
    person.visit(cloud.endpoint, f"{_GROUPS}/{named}/uses")
    expect(person.page.get_by_text(f"All traffic: All All from {named} | gone-named")).to_be_visible()
    assert person.violations() == []
    (default,) = client.describe_security_groups(GroupNames=["default"])["SecurityGroups"]
    person.visit(cloud.endpoint, f"{_GROUPS}/{default['GroupId']}")
    person.menu("Actions").click()
    item = person.page.get_by_role("menuitem", name="Delete security groups")
    expect(item).to_be_disabled()
    item.hover()
    expect(person.page.get_by_text("It is the default security group of").filter(visible=True).first).to_be_visible()


def test_a_rule_gets_a_name(cloud: CloudProcess, person: Person, sdk: Sdk) -> None:
    group = group_of(sdk, "tagged", admitting(22))
    (rule,) = rules_of(sdk, group)
    person.visit(cloud.endpoint, f"{_GROUPS}/{group}/inbound")
    main = person.page.locator("main")
    expect(main.get_by_role("button", name="Manage tags")).to_be_disabled()
    person.check(person.row(rule).locator("input[type=radio]"))
    main.get_by_role("button", name="Manage tags").click()
    person.dialog.get_by_role("button", name="Add new tag").click()
    person.dialog.get_by_role("combobox", name="Key").fill("Name")
    person.dialog.get_by_role("combobox", name="Value").fill("office")
    person.dialog.get_by_role("button", name="Save").click()
    expect(person.row(rule).get_by_text("office", exact=True)).to_be_visible()


def test_what_others_change_is_seen_and_followed_in_the_editor(cloud: CloudProcess, person: Person, sdk: Sdk) -> None:
    group = group_of(sdk, "watched")
    person.visit(cloud.endpoint, f"{_GROUPS}/{group}/inbound")
    expect(person.page.get_by_text("This security group has no inbound rules")).to_be_visible()
    client = sdk.client()
    client.authorize_security_group_ingress(GroupId=group, IpPermissions=[admitting(22)])
    (rule,) = rules_of(sdk, group)
    expect(person.row(rule)).to_be_visible()
    person.choose("Actions", "Edit inbound rules")
    write_rule(person, person.dialog, "HTTP", "10.0.0.0/8")
    client.revoke_security_group_ingress(GroupId=group, SecurityGroupRuleIds=[rule])
    expect(person.dialog.get_by_role("button", name="Save rules")).to_be_disabled()
    person.dialog.get_by_role("button", name="Take them over").click()
    expect(written(person.dialog, "Port range")).to_have_count(1)
    person.dialog.get_by_role("button", name="Save rules").click()
    expect(person.page.get_by_text(f"The rules of watched ({group}) are changed (1).")).to_be_visible()
    assert said(rules_of(sdk, group)) == {("tcp", 80, 80, "10.0.0.0/8", None)}


def test_an_instance_shows_its_groups_and_changes_them(
    cloud: CloudProcess, person: Person, sdk: Sdk, instance: str, aws: AwsCli
) -> None:
    client = sdk.client()
    web, ssh = group_of(sdk, "of-web", admitting(80)), group_of(sdk, "of-ssh", admitting(22))
    client.modify_instance_attribute(InstanceId=instance, Groups=[web])
    person.visit(cloud.endpoint, f"us-east-1/instances/{instance}/security")
    main = person.page.locator("main")
    expect(main.get_by_role("link", name=f"{web} | of-web").first).to_be_visible()
    expect(main.get_by_text(re.compile(r"^127\.\d+\.\d+\.\d+:\d+$"))).to_have_count(1)
    person.choose("Actions", "Networking", "Change security groups")
    dialog = person.dialog
    expect(dialog.get_by_text(re.compile(r"^eni-\w+$"))).to_be_visible()
    dialog.get_by_role("button", name=re.compile("^Remove .*of-web")).click()
    expect(dialog.get_by_text("There must be at least one security group.").first).to_be_visible()
    dialog.get_by_role("button", name="Associated security groups").click()
    person.page.get_by_role("option", name=f"{ssh} | of-ssh").click()
    person.page.keyboard.press("Escape")
    expect(dialog.get_by_text(f"Added: of-ssh ({ssh}). Removed: of-web ({web}).")).to_be_visible()
    person.picture("change-security-groups")
    assert person.violations() == []
    (command,) = commands(person)
    save = dialog.get_by_role("button", name="Save", exact=True)
    aws.script(command)
    assert groups_of(sdk, instance) == [ssh]
    expect(dialog.get_by_text("Added:")).to_have_count(0)  # the dialog has seen it: nothing is left to be done
    expect(save).to_be_disabled()
    client.modify_instance_attribute(InstanceId=instance, Groups=[web])
    expect(save).to_be_enabled()
    save.click()
    expect(person.page.get_by_text("Change security groups: done for eni-")).to_be_visible()
    assert groups_of(sdk, instance) == [ssh]
    expect(main.get_by_role("link", name=f"{ssh} | of-ssh").first).to_be_visible()
    expect(person.page.get_by_text("SSH is open to the world")).to_be_visible()
    person.picture("instance-security")
    assert person.violations() == []
    person.visit(cloud.endpoint, f"us-east-1/instances/{instance}/networking")
    address = client.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]["PrivateIpAddress"]
    expect(main.get_by_text(address, exact=True)).to_have_count(2)
    person.picture("instance-networking")
    assert person.violations() == []


def groups_of(sdk: Sdk, instance: str) -> list[str]:
    (found,) = sdk.client().describe_instances(InstanceIds=[instance])["Reservations"]
    return [group["GroupId"] for group in found["Instances"][0]["SecurityGroups"]]


@pytest.mark.some_of("looks of pages", 3)
def test_dark_and_in_japanese_nothing_hinders_anybody(
    cloud: CloudProcess, browser: Browser, sdk: Sdk, instance: str
) -> None:
    group = group_of(sdk, "japanese", admitting(22), {**admitting(80), "FromPort": 70})
    person = Person(new_profile(browser, dark=True, language="ja-JP"))
    person.page.goto(cloud.console_address())
    for place in (_GROUPS, f"{_GROUPS}/{group}", f"{_GROUPS}/{group}/inbound", f"{_GROUPS}/{group}/outbound"):
        person.visit(cloud.endpoint, place)
        expect(person.page.locator("main").get_by_text("japanese").first).to_be_visible()
        person.picture(
            f"{place.removeprefix(_GROUPS).replace(group, 'group').replace('/', '-')[1:] or 'list'}-groups-ja"
        )
        assert person.violations() == [], place
    person.visit(cloud.endpoint, f"{_GROUPS}/{group}")
    person.choose("アクション", "インバウンドのルールを編集")
    listed(person.dialog, "タイプ").first.click()
    person.picture("security-group-editor-ja")
    assert person.violations() == []
    person.page.keyboard.press("Escape")
    person.page.set_viewport_size({"width": 375, "height": 800})
    person.picture("security-group-editor-narrow-ja")
    person.fits()
    for place in (_GROUPS, f"{_GROUPS}/{group}/inbound", f"us-east-1/instances/{instance}/security"):
        person.visit(cloud.endpoint, place)
        person.page.reload()
        expect(person.page.get_by_role("heading", level=1)).to_be_visible()
        person.fits()
    assert person.complaints == []
    person.context.close()
