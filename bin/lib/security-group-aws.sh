# shellcheck shell=bash
# What `cruddur sg grant` and `cruddur sg sync` do, with curl and the AWS CLI, for a machine on which no program is built
# yet. IPv4 only. For scripts that source this file. A function that fails is part of a condition, where `set -e` has no
# effect, so each step ends with `|| return`.

# Makes this workspace's own rule, or repairs it, and renews its lease. Leaves expired rules to the program.
grant_with_aws_cli() {
  local range port owner tags found rule
  range=$(public_range) || return
  port=$(database_port)
  owner=$(rule_owner) || return
  tags="Key=cruddur:owner,Value=$owner Key=cruddur:lease,Value=$(lease_end)"
  found=$(aws ec2 describe-security-group-rules --output text \
    --filters "Name=group-id,Values=$DB_SG_ID" "Name=tag:cruddur:owner,Values=$owner" \
    --query 'SecurityGroupRules[?!IsEgress].[SecurityGroupRuleId,IpProtocol,FromPort,ToPort,CidrIpv4]|[0]') || return
  rule=$(cut -f 1 <<<"$found")
  case $rule in
    "" | None) make_rule "$range" "$port" "$owner" || return ;;
    *)
      if [ "$(cut -f 2- <<<"$found" | tr '\t' ' ')" != "tcp $port $port $range" ]; then
        modify_rule "$rule" "$range" "$port" || return
      fi
      # The tags must be split.
      # shellcheck disable=SC2086
      aws ec2 create-tags --resources "$rule" --tags $tags >/dev/null || return
      echo "$rule admits $range"
      ;;
  esac
}

# Changes the rule of DB_SG_RULE_ID, if it is one for the database's port and IPv4.
sync_with_aws_cli() {
  local range port found
  range=$(public_range) || return
  port=$(database_port)
  found=$(aws ec2 describe-security-group-rules --output text --security-group-rule-ids "$DB_SG_RULE_ID" \
    --query 'SecurityGroupRules[0].[GroupId,IsEgress,IpProtocol,FromPort,ToPort,CidrIpv4]') || return
  found=$(tr '\t' ' ' <<<"$found")
  case $found in
    "$DB_SG_ID False tcp $port $port $range") ;;
    "$DB_SG_ID False tcp $port $port None")
      echo "$DB_SG_RULE_ID cannot be replaced safely: it has no IPv4 range" >&2
      return 1
      ;;
    "$DB_SG_ID False tcp $port $port "*) modify_rule "$DB_SG_RULE_ID" "$range" "$port" || return ;;
    *)
      echo "$DB_SG_RULE_ID cannot be replaced safely: it is $found" >&2
      return 1
      ;;
  esac
  echo "$DB_SG_RULE_ID admits $range"
}

# make_rule RANGE PORT OWNER
make_rule() {
  local permissions tags output
  permissions=$(printf '[{"IpProtocol":"tcp","FromPort":%s,"ToPort":%s,"IpRanges":[{"CidrIp":"%s","Description":"%s"}]}]' \
    "$2" "$2" "$1" "${SG_DESCRIPTION:-GITPOD}")
  tags="ResourceType=security-group-rule,Tags=[{Key=cruddur:owner,Value=$3},{Key=cruddur:lease,Value=$(lease_end)}]"
  if output=$(aws ec2 authorize-security-group-ingress --group-id "$DB_SG_ID" --ip-permissions "$permissions" \
    --tag-specifications "$tags" 2>&1); then
    echo "made a rule of $DB_SG_ID, which admits $1"
  elif [[ $output == *InvalidPermission.Duplicate* ]]; then
    echo "another rule of $DB_SG_ID already admits $1"
  else
    echo "$output" >&2
    return 1
  fi
}

# modify_rule RULE RANGE PORT
modify_rule() {
  local values
  values=$(printf '[{"SecurityGroupRuleId":"%s","SecurityGroupRule":{"IpProtocol":"tcp","FromPort":%s,"ToPort":%s,"CidrIpv4":"%s","Description":"%s"}}]' \
    "$1" "$3" "$3" "$2" "${SG_DESCRIPTION:-GITPOD}")
  aws ec2 modify-security-group-rules --group-id "$DB_SG_ID" --security-group-rules "$values" >/dev/null
}

# The address that a setting names, or on which two services agree, as a range.
public_range() {
  local address=${GITPOD_IP:-${PUBLIC_IP:-}} first second
  if [ -z "$address" ]; then
    first=$(ask_for_address https://checkip.amazonaws.com)
    second=$(ask_for_address https://api.ipify.org)
    if [ "$first" != "$second" ]; then
      second=$(ask_for_address https://ipv4.icanhazip.com)
    fi
    [ "$first" = "$second" ] || first=""
    address=$first
  fi
  address=${address%/32}
  if ! is_public_ipv4 "$address"; then
    echo "no public IPv4 address of this machine is known: set PUBLIC_IP" >&2
    return 1
  fi
  echo "$address/32"
}

ask_for_address() {
  curl --silent --fail --ipv4 --max-time 3 --max-filesize 64 "$1" 2>/dev/null | tr -d '[:space:]'
}

# Whether the text is one address that is not private, reserved or multicast.
is_public_ipv4() {
  local byte
  [[ $1 =~ ^[0-9]{1,3}(\.[0-9]{1,3}){3}$ ]] || return 1
  for byte in ${1//./ }; do
    [[ $byte =~ ^(0|[1-9][0-9]*)$ ]] && [ "$byte" -le 255 ] || return 1
  done
  case $1 in
    0.* | 10.* | 127.* | 169.254.* | 192.168.* | 192.0.0.* | 192.0.2.* | 192.88.99.*) return 1 ;;
    198.18.* | 198.19.* | 198.51.100.* | 203.0.113.* | 233.252.0.*) return 1 ;;
  esac
  [[ ! $1 =~ ^100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\. ]] || return 1
  [[ ! $1 =~ ^172\.(1[6-9]|2[0-9]|3[01])\. ]] || return 1
  [ "${1%%.*}" -lt 224 ]
}

# The port of the connection URL, else 5432.
database_port() {
  local url=${CONNECTION_URL:-${PROD_CONNECTION_URL:-}} authority
  local parameter="(^|[ ?&])port='?([0-9]+)"
  if [[ $url =~ $parameter ]]; then
    echo "${BASH_REMATCH[2]}"
    return
  fi
  authority=${url#*://}
  authority=${authority%%[/?]*}
  authority=${authority##*@}
  authority=${authority%%,*}
  authority=${authority##*]}
  if [[ $url == *://* && $authority =~ :([0-9]+)$ ]]; then
    echo "${BASH_REMATCH[1]}"
  else
    echo 5432
  fi
}

# The id of this workspace. The program makes the same one, in src/config/rule_owner.rs.
rule_owner() {
  local text name
  if [ -n "${SG_OWNER:-}" ]; then
    echo "$SG_OWNER"
    return
  fi
  text="machine:$({ tr -d "[:space:]" </etc/machine-id; } 2>/dev/null || true):$(uname -n)"
  for name in CODESPACE_NAME GITPOD_ENVIRONMENT_ID GITPOD_WORKSPACE_ID; do
    [ -z "${!name:-}" ] || text=$name:${!name}
  done
  if command -v sha256sum >/dev/null; then
    printf 'cruddur:owner:%s' "$text" | sha256sum | cut -c 1-16
  else
    printf 'cruddur:owner:%s' "$text" | shasum -a 256 | cut -c 1-16
  fi
}

# The instant at which a lease that begins now ends. SG_LEASE is a number with m, h or d here.
lease_end() {
  local seconds=28800 end
  if [[ ${SG_LEASE:-} =~ ^([0-9]+)([mhd])$ ]]; then
    case ${BASH_REMATCH[2]} in
      m) seconds=$((BASH_REMATCH[1] * 60)) ;;
      h) seconds=$((BASH_REMATCH[1] * 3600)) ;;
      d) seconds=$((BASH_REMATCH[1] * 86400)) ;;
    esac
  fi
  end=$(($(date +%s) + seconds))
  # GNU's date, else that of macOS.
  date -u -d "@$end" +%Y-%m-%dT%H:%M:%SZ 2>/dev/null || date -u -r "$end" +%Y-%m-%dT%H:%M:%SZ
}
