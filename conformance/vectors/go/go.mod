module muster.test/vectors

go 1.22
