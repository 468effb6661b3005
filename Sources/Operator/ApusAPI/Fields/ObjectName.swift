import KubernetesModel

/// The name stands in labels and names a Service.
func nameProblems(of metadata: ObjectMeta) -> [Problem] {
  let name = metadata.name ?? ""
  let startsWithLetter = name.first.map { $0.isASCII && $0.isLetter } ?? false
  guard name.utf8.count <= 63 else {
    return [Problem("metadata.name", "has \(name.utf8.count) characters", mend: "write at most 63")]
  }
  guard ObjectName.isDNSLabel(name), startsWithLetter else {
    return [
      Problem(
        "metadata.name", "'\(name)' cannot name a Service",
        mend: "write lower-case letters, digits and '-', starting with a letter")
    ]
  }
  return []
}
