internal import Foundation
internal import KubernetesModel

/// The real folders behind a pod's volumes.
struct PodVolumes: Sendable {
  let pod: ClusterObject
  let folders: ClusterFolders

  /// Where a volume's content is; nil for a kind of volume that is not supported.
  func folder(of volume: JSONValue) -> String? {
    let name = volume["name"]?.string ?? ""
    if let host = volume[path: "hostPath", "path"]?.string { return host }
    if let claim = volume[path: "persistentVolumeClaim", "claimName"]?.string {
      return folders.claim(namespace: pod.namespace, name: claim)
    }
    let isFolder = ["configMap", "secret", "emptyDir", "projected", "downwardAPI"].contains { volume[$0] != nil }
    return isFolder ? folders.volumes(pod: pod.uid) + "/" + name : nil
  }

  private var volumes: [JSONValue] { pod.spec["volumes"]?.array ?? [] }

  /// Names of ConfigMaps whose change must reach the running pod, and of Secrets.
  var sources: (configMaps: Set<String>, secrets: Set<String>) {
    var maps: Set<String> = []
    var secrets: Set<String> = []
    for volume in volumes {
      for source in [volume] + (volume[path: "projected", "sources"]?.array ?? []) {
        if let name = source[path: "configMap", "name"]?.string { maps.insert(name) }
        if let name = source[path: "secret", "secretName"]?.string ?? source[path: "secret", "name"]?.string {
          secrets.insert(name)
        }
      }
    }
    return (maps, secrets)
  }

  /// Makes folders and writes projected files; to be called again when a source has changed.
  func materialize(_ context: EnvironmentContext, claims: Set<String>) throws(LaunchRefusal) {
    for volume in volumes {
      guard let folder = folder(of: volume) else {
        throw refusal(volume, "this kind of volume is not supported by the local cluster")
      }
      do {
        try fill(volume, folder, context, claims)
      } catch let error as LaunchRefusal {
        throw error
      } catch {
        throw refusal(volume, error.localizedDescription)
      }
    }
  }

  private func refusal(_ volume: JSONValue, _ why: String) -> LaunchRefusal {
    LaunchRefusal(
      reason: "FailedMount", message: "MountVolume.SetUp failed for volume \"\(volume["name"]?.string ?? "")\" : \(why)"
    )
  }

  private func fill(_ volume: JSONValue, _ folder: String, _ context: EnvironmentContext, _ claims: Set<String>) throws
  {
    let manager = FileManager.default
    if let host = volume["hostPath"] {
      if host["type"]?.string == "DirectoryOrCreate" {
        try manager.createDirectory(atPath: folder, withIntermediateDirectories: true)
      }
      guard manager.fileExists(atPath: folder) else { throw refusal(volume, "hostPath \(folder) does not exist") }
    } else if let claim = volume[path: "persistentVolumeClaim", "claimName"]?.string {
      guard claims.contains(claim) else { throw refusal(volume, "persistentvolumeclaim \"\(claim)\" not found") }
      try manager.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } else if volume["emptyDir"] != nil {
      try manager.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } else {
      try ProjectedFolder(path: folder).write(try files(of: volume, context))
    }
  }

  private func files(of volume: JSONValue, _ context: EnvironmentContext) throws(LaunchRefusal)
    -> [String: ProjectedFolder.File]
  {
    var files: [String: ProjectedFolder.File] = [:]
    if let projected = volume["projected"] {
      for source in projected["sources"]?.array ?? [] {
        try add(source, volume, defaultMode: projected["defaultMode"]?.integer, context, to: &files)
      }
    } else {
      try add(volume, volume, defaultMode: nil, context, to: &files)
    }
    return files
  }

  private func add(
    _ source: JSONValue, _ volume: JSONValue, defaultMode: Int?, _ context: EnvironmentContext,
    to files: inout [String: ProjectedFolder.File]
  ) throws(LaunchRefusal) {
    if let map = source["configMap"] {
      let name = map["name"]?.string ?? ""
      var data: [String: [UInt8]] = [:]
      if let object = context.configMaps[name] {
        data = (object["data"]?.stringMap ?? [:]).mapValues { Array($0.utf8) }
        for (key, text) in object["binaryData"]?.stringMap ?? [:] {
          data[key] = Data(base64Encoded: text).map { [UInt8]($0) }
        }
      } else if map["optional"]?.bool != true {
        throw refusal(volume, "configmap \"\(name)\" not found")
      }
      try select(data, by: map, kind: "configmap", volume, defaultMode, &files)
    } else if let secret = source["secret"] {
      let name = secret["secretName"]?.string ?? secret["name"]?.string ?? ""
      let object = context.secrets[name]
      if object == nil, secret["optional"]?.bool != true { throw refusal(volume, "secret \"\(name)\" not found") }
      try select(object.map(SecretData.bytes) ?? [:], by: secret, kind: "secret", volume, defaultMode, &files)
    } else if let token = source["serviceAccountToken"], let access = context.access {
      guard let path = token["path"]?.string else { return }
      try check(path, of: "serviceAccountToken.path", volume)
      let bytes = access.token(of: pod, account: context.account, audience: token["audience"]?.string)
      files[path] = .init(bytes: bytes, mode: 0o600)
    } else if let downward = source["downwardAPI"] {
      for item in downward["items"]?.array ?? [] {
        guard let path = item["path"]?.string, let field = item[path: "fieldRef", "fieldPath"]?.string else { continue }
        guard let value = context.field(field) else { throw refusal(volume, "unsupported fieldPath: \(field)") }
        files[path] = .init(bytes: Array(value.utf8), mode: item["mode"]?.integer ?? defaultMode ?? 0o644)
      }
    }
  }

  private func select(
    _ data: [String: [UInt8]], by source: JSONValue, kind: String, _ volume: JSONValue, _ defaultMode: Int?,
    _ files: inout [String: ProjectedFolder.File]
  ) throws(LaunchRefusal) {
    let mode = source["defaultMode"]?.integer ?? defaultMode ?? 0o644
    guard let items = source["items"]?.array else {
      for (key, bytes) in data { files[key] = .init(bytes: bytes, mode: mode) }
      return
    }
    for item in items {
      guard let key = item["key"]?.string, let path = item["path"]?.string else { continue }
      try check(path, of: "items[].path", volume)
      if let bytes = data[key] {
        files[path] = .init(bytes: bytes, mode: item["mode"]?.integer ?? mode)
      } else if source["optional"]?.bool != true {
        throw refusal(volume, "references non-existent \(kind) key: \(key)")
      }
    }
  }
}

extension PodVolumes {
  private func check(_ path: String, of field: String, _ volume: JSONValue) throws(LaunchRefusal) {
    guard path.hasPrefix("/") || path.split(separator: "/").contains("..") else { return }
    throw refusal(volume, "\(field) \"\(path)\" must be relative and without '..'")
  }
}

/// The folders below the cluster's state folder.
struct ClusterFolders: Sendable {
  let state: String

  var pods: String { state + "/pods" }

  func pod(_ uid: String) -> String { pods + "/" + uid }

  /// Container names hold no points, so these cannot clash with a container's folder.
  func volumes(pod uid: String) -> String { pod(uid) + "/.volumes" }
  func scratch(pod uid: String) -> String { pod(uid) + "/.work" }
  func access(pod uid: String) -> String { pod(uid) + "/.serviceaccount" }
  func container(_ name: String, pod uid: String) -> String { pod(uid) + "/" + name }

  func log(_ container: String, pod uid: String, attempt: Int) -> String {
    self.container(container, pod: uid) + "/\(attempt).log"
  }

  func claim(namespace: String, name: String) -> String { "\(state)/volumes/\(namespace)/\(name)" }
}
