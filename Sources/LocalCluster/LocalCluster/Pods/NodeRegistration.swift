internal import Foundation
internal import KubernetesModel

/// The Node object, for `kubectl get nodes` and for what pods say where they run.
enum NodeRegistration {
  static let name = "apus"

  static func register(in cluster: any ClusterAccess, at now: Date) async {
    let memory = ProcessInfo.processInfo.physicalMemory / 1024
    let resources: JSONValue = [
      "cpu": .string(String(ProcessInfo.processInfo.processorCount)), "memory": .string("\(memory)Ki"), "pods": "500",
    ]
    let time = TimeText.json(now)
    let status: JSONValue = [
      "capacity": resources, "allocatable": resources,
      "addresses": [
        ["type": "InternalIP", "address": "127.0.0.1"],
        ["type": "Hostname", "address": .string(ProcessInfo.processInfo.hostName)],
      ],
      "conditions": [
        [
          "type": "Ready", "status": "True", "reason": "KubeletReady",
          "message": "the local cluster runs pods as processes", "lastHeartbeatTime": time, "lastTransitionTime": time,
        ]
      ],
      "nodeInfo": [
        "kubeletVersion": "v1.32.0", "kubeProxyVersion": "v1.32.0", "operatingSystem": "linux",
        "containerRuntimeVersion": "process://1", "architecture": "amd64", "osImage": "local processes",
        "kernelVersion": .string(ProcessInfo.processInfo.operatingSystemVersionString), "bootID": "", "machineID": "",
        "systemUUID": "",
      ],
    ]
    let node: JSONValue = [
      "apiVersion": "v1", "kind": "Node",
      "metadata": [
        "name": .string(name),
        "labels": ["kubernetes.io/hostname": .string(name), "kubernetes.io/os": "linux"],
      ],
      "status": status,
    ]
    var stored = await cluster.get(ClusterResource.nodes, namespace: "", name: name)
    if stored == nil { stored = try? await cluster.create(ClusterResource.nodes, namespace: "", node) }
    guard let stored else { return }
    try? await StatusWriter.write(
      status, to: ClusterResource.nodes, LocalKey(namespace: "", name: name), uid: ClusterObject(stored).uid,
      in: cluster)
  }
}
