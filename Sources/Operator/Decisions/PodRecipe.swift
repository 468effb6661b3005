import ApusAPI
import KubernetesModel

/// How servers' pods are made. A better way would replace every pod of a cluster at an upgrade; so a Deployment keeps the recipe
/// that it was made by until its template changes for another reason, such as a new image, and a new Deployment has the latest.
package enum PodRecipe: String, Sendable {
  /// Of release 0.1.0.
  case first = "1"
  /// Servers mount artifacts read-only and ask for some CPU and memory, and people's containers have no capabilities unless they
  /// ask for them.
  case second = "2"

  /// The recipe of a live Deployment; those of release 0.1.0 name none.
  init(of deployment: JSONValue) {
    let name = deployment[path: "spec", "template", "metadata", "annotations", ApusAnnotations.podRecipe]?.string
    self = name == nil || name == Self.first.rawValue ? .first : .second
  }

  /// The recipe for the next write.
  /// - Parameter asFirst: the servers' Deployment by the first recipe, with so many replicas.
  static func next(_ live: DeploymentView?, asFirst: (_ replicas: Int?) -> DesiredObject?) -> PodRecipe {
    guard let live, live.recipe == .first else { return .second }
    // Nobody knows what it was made from.
    guard let applied = live.appliedDigest else { return .first }
    // Neither a change of the replicas nor an autoscaler that comes or goes replaces pods.
    let isAsBefore = [live.replicas, nil].contains { asFirst($0)?.manifest.fingerprint == applied }
    return isAsBefore ? .first : .second
  }

  /// `deployment` as this recipe has it, people's template included.
  func finished(
    _ deployment: DesiredObject, _ serving: ModelDeploymentSpec.Serving, _ storage: OperatorSettings.Storage
  ) -> DesiredObject {
    guard self == .second, let template = deployment.manifest[path: "spec", "template"] else { return deployment }
    var finished = deployment
    var changed = template
    changed.set(.string(rawValue), at: ["metadata", "annotations", ApusAnnotations.podRecipe])
    changed = Self.holdingGuests(in: changed, besides: ServerSet.container)
    if let containers = changed[path: "spec", "containers"]?.array {
      let made = containers.map { $0["name"]?.string == ServerSet.container ? Self.server($0, serving, storage) : $0 }
      changed.set(.array(made), at: ["spec", "containers"])
    }
    finished.manifest.set(changed, at: ["spec", "template"])
    return finished
  }

  private static func server(
    _ server: JSONValue, _ serving: ModelDeploymentSpec.Serving, _ storage: OperatorSettings.Storage
  ) -> JSONValue {
    var made = server
    if let folder = artifactsFolder(storage) {
      let mount: JSONValue = [
        "name": "data", "mountPath": .string("\(storage.mountPath)/\(folder)"), "subPath": .string(folder),
        "readOnly": true,
      ]
      let mounts = server["volumeMounts"]?.array ?? []
      // A person's own mount at this place, or another volume of this name, is meant as it is.
      let isOurs = mounts.contains { $0["name"] == "data" && $0["mountPath"]?.string == storage.mountPath }
      if isOurs, !mounts.contains(where: { $0["mountPath"] == mount["mountPath"] }) {
        made["volumeMounts"] = .array(mounts + [mount])
      }
    }
    if server["resources"] == nil, serving.resources == nil {
      // An autoscaler that goes by percent of this little would make pods without end.
      made["resources"] = [
        "requests": serving.autoscaling != nil ? ["memory": "128Mi"] : ["cpu": "50m", "memory": "128Mi"]
      ]
    }
    return made
  }

  /// Of the claim; nil: artifacts lie elsewhere, or fill it.
  private static func artifactsFolder(_ storage: OperatorSettings.Storage) -> String? {
    let place = "file://\(storage.mountPath)/"
    // With a folder for each namespace, servers read the former one as well.
    guard storage.artifacts.hasPrefix(place), storage.formerArtifacts == nil, !storage.artifacts.contains("{") else {
      return nil
    }
    let folder = storage.artifacts.dropFirst(place.count)
    let isPlain =
      !folder.isEmpty && folder.utf8.allSatisfy { $0 != 37 && $0 > 32 } && !folder.hasSuffix("/")
      && !folder.contains("..")
    return isPlain && !folder.hasPrefix("/") ? String(folder) : nil
  }

  /// A pod template with every container but the generated one held to the restricted profile.
  /// - Parameter own: the generated container's name.
  static func holdingGuests(in template: JSONValue, besides own: String) -> JSONValue {
    var held = template
    for list in ["containers", "initContainers"] {
      guard let containers = template[path: "spec", list]?.array else { continue }
      let made = containers.map { container in
        list == "containers" && container["name"]?.string == own ? container : guest(container)
      }
      held.set(.array(made), at: ["spec", list])
    }
    return held
  }

  /// A container of people's own: what they did not say of its privileges is said for them.
  private static func guest(_ container: JSONValue) -> JSONValue {
    var made = container
    if made[path: "securityContext", "allowPrivilegeEscalation"] == nil {
      made.set(false, at: ["securityContext", "allowPrivilegeEscalation"])
    }
    if made[path: "securityContext", "capabilities", "drop"] == nil {
      made.set(["ALL"], at: ["securityContext", "capabilities", "drop"])
    }
    return made
  }
}
