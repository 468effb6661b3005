package import KubernetesModel

/// What live suites make, read and delete: the cluster's ConfigMaps or, on a server that has custom resources only, a kind of
/// their own that looks like one.
package struct LiveMap: KubernetesObject {
  package static let gvk =
    LiveCluster.hasCore
    ? ConfigMap.gvk : GroupVersionKind(apiVersion: "\(LiveCluster.group)/v1", kind: "LiveMap")
  package static let gvr =
    LiveCluster.hasCore
    ? ConfigMap.gvr : GroupVersionResource(group: LiveCluster.group, version: "v1", resource: "livemaps")

  package var metadata: ObjectMeta
  package var data: [String: String]
  package var status: Status?

  /// Of the custom kind only.
  package struct Status: Codable, Sendable, Equatable {
    package var failed: Int?
  }

  package init(metadata: ObjectMeta, data: [String: String] = [:]) {
    self.metadata = metadata
    self.data = data
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    metadata = try container.decode(ObjectMeta.self, forKey: .metadata)
    data = try container.decodeIfPresent([String: String].self, forKey: .data) ?? [:]
    status = try container.decodeIfPresent(Status.self, forKey: .status)
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(metadata, forKey: .metadata)
    if !data.isEmpty { try container.encode(data, forKey: .data) }
    try container.encodeIfPresent(status, forKey: .status)
  }

  private enum CodingKeys: String, CodingKey {
    case metadata, data, status
  }
}
