// Every kind brings its schema: whoever imports the kinds has the language of schemas.
@_exported public import Schema
