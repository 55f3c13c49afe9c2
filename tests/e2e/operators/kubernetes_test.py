"""config/kubernetes is whole: what its files name of one another is there, and the agent gets what it gets under Compose.

Fields' names are checked by kubeconform where it is installed; no cluster is needed."""

import os
import re
import shutil
import subprocess
import sys

try:
    import yaml
except ImportError:
    print("skipped: PyYAML (Debian: python3-yaml) is not installed")
    sys.exit(77)

AGENT = sys.argv[1]
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..")
FOLDER = os.path.join(ROOT, "config", "kubernetes")
failed = []


class StrictLoader(yaml.SafeLoader):
    """A key that stands twice is a mistake, not the last one's value."""

    def construct_mapping(self, node, deep=False):
        keys = [key.value for key, _ in node.value]
        if len(keys) != len(set(keys)):
            raise yaml.YAMLError(f"a key stands twice {node.start_mark}")
        return super().construct_mapping(node, deep)


def load(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return yaml.load(file, StrictLoader)


def expect(what, found, wanted):
    right = found == wanted
    print(f"{'right' if right else 'WRONG'}: {what}" + ("" if right else f": {found!r}, not {wanted!r}"))
    if not right:
        failed.append(what)


def named(items):
    return {item["name"]: item for item in items}


kustomization = load(FOLDER, "kustomization.yaml")
generated = {entry["name"]: entry["files"] for entry in kustomization["configMapGenerator"]}
expect("every file is listed", sorted(kustomization["resources"] + ["kustomization.yaml"] + sum(generated.values(), [])),
       sorted(os.listdir(FOLDER)))
resources = [load(FOLDER, name) for name in kustomization["resources"]]
kinds = {resource["kind"]: resource for resource in resources}
expect("kinds and versions", {kind: resource["apiVersion"] for kind, resource in kinds.items()},
       {"Namespace": "v1", "ServiceAccount": "v1", "DaemonSet": "apps/v1", "PodMonitor": "monitoring.coreos.com/v1"})
expect("the namespace", kustomization["namespace"], kinds["Namespace"]["metadata"]["name"])
expect("no token of the account", kinds["ServiceAccount"]["automountServiceAccountToken"], False)

template = kinds["DaemonSet"]["spec"]["template"]
labels, pod = template["metadata"]["labels"], template["spec"]
expect("the selector takes the pods", kinds["DaemonSet"]["spec"]["selector"]["matchLabels"].items() <= labels.items(), True)
expect("the account", pod["serviceAccountName"], kinds["ServiceAccount"]["metadata"]["name"])
expect("one container", len(pod["containers"]), 1)
agent = pod["containers"][0]
expect("its image is the one that is renamed", agent["image"], kustomization["images"][0]["name"])

volumes, mounts = named(pod["volumes"]), named(agent["volumeMounts"])
expect("every volume is mounted", sorted(volumes), sorted(mounts))
expect("every mount is read only", [mount["readOnly"] for mount in mounts.values()], [True] * len(mounts))
config_map = volumes["config"]["configMap"]["name"]
expect("the configuration is where the agent looks", agent["args"],
       [f"--config.file={mounts['config']['mountPath']}/{name}" for name in generated[config_map]])
expect("cgroups are where the configuration says", mounts["cgroup"]["mountPath"],
       load(FOLDER, generated[config_map][0])["paths"]["cgroupfs"])

ports = named(agent["ports"])
for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
    expect(f"{probe} asks a port that is there", agent[probe]["httpGet"]["port"] in ports, True)
    expect(f"{probe} asks a path that is there", agent[probe]["httpGet"]["path"] in ("/-/ready", "/-/healthy"), True)
monitor = kinds["PodMonitor"]["spec"]
expect("the monitor takes the pods", monitor["selector"]["matchLabels"].items() <= labels.items(), True)
(endpoint,) = monitor["podMetricsEndpoints"]
expect("the monitor's port", endpoint["port"] in ports, True)
expect("a service's labels win", endpoint["honorLabels"], True)

compose = load(ROOT, "docker-compose.yml")["services"]["agent"]
default = re.compile(r"\$\{\w+:-(\w+)\}")
rights = agent["securityContext"]
expect("capabilities are those of Compose", rights["capabilities"]["add"], [default.sub(r"\1", c) for c in compose["cap_add"]])
expect("and no others", rights["capabilities"]["drop"], ["ALL"])
expect("not privileged", (rights["privileged"], rights["allowPrivilegeEscalation"], rights["readOnlyRootFilesystem"]),
       (False, False, True))
expect("memory is bounded as under Compose", agent["resources"]["limits"]["memory"].replace("Mi", "m"), compose["mem_limit"])

for name in generated[config_map]:
    checked = subprocess.run([AGENT, "check-config", os.path.join(FOLDER, name)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    expect(f"check-config {name}", (checked.returncode, checked.stdout.strip().endswith("no mistakes")), (0, True))

if shutil.which("kubeconform"):
    files = [os.path.join(FOLDER, name) for name in kustomization["resources"]]
    expect("kubeconform", subprocess.run(["kubeconform", "-strict", "-skip", "PodMonitor", *files]).returncode, 0)
else:
    print("skipped: kubeconform is not installed")
sys.exit(1 if failed else 0)
