/// Which model of a name it is: the name may be given again after a model was deleted, the UID never is.
public struct ModelIdentity: Codable, Sendable, Hashable {
  /// `metadata.uid` of the ModelDeployment.
  public var uid: String
  /// `metadata.creationTimestamp`, RFC 3339: rows that are all older are another model's. Nil: not known.
  public var created: String?

  public init(uid: String, created: String? = nil) {
    self.uid = uid
    self.created = created
  }
}
